"""The one loop that matters: a few rows times 64 columns of a packed weight, written for the vector unit.

A weight [out, in] is packed as [out / 64, in, 64]: the 64 outputs of a group lie side by side, so a step over
the inputs loads some vectors of weights once and multiplies them by the matching number of every row, which
stays in registers together with all its sums. Three kinds of numbers, told by the rows' dtype:

* float32 (floats);
* int16 rows and int8 weights [out / 64, in / 2, 64, 2] (pairs): processors multiply pairs of 16-bit numbers
  and add them in one instruction;
* int8 rows and weights [out / 64, in / 4, 64, 4] raised by 128, so that they have no sign (fours): newer ones
  do it with four 8-bit numbers, one side of them without a sign. A row has 4 bytes more behind its inputs:
  what its sums begin with, -128 times the sum of the row, as an int32.

**Rows do not know their neighbours.** 32-bit integer sums are exact, and a float sum is one chain of fused
multiply-adds from the first input to the last, whatever the number of rows: a row's result is the same, bit
for bit, in a pass of one and in a pass of twelve.

**Weights are read from memory once.** Where there are more rows than a tile takes, a group goes through in
blocks of :data:`SPAN` steps or twice as many, which stay near until every tile has used them; meanwhile the
next block is fetched. A sum goes on where it stopped, so this changes no bit.

**What is read once need not stay.** The weights of a main model are larger than the processor's last cache:
each pass reads them from memory anew, and on the way may throw out the draft's, which would fit. Where that
is measured to help (see :mod:`machine`) they are fetched with the advice not to keep them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from specwhisper.network.cpu.aligned import LINE
from specwhisper.network.cpu.jit import compiled, features, instruction, once, place_at

GROUP = 64
"""Outputs that are computed together; every width in Whisper is a multiple of it."""

MOST_ROWS = 6
"""Rows of one tile: their sums must fit the registers."""

_NARROW = "avx512bw" not in features()
"""Whether registers are few and short: then a tile of three rows takes a group's columns in four parts."""

FEW_ROWS = 2 if _NARROW else 4
"""So few are multiplied sooner than their weights arrive from memory: they are one tile. Of more rows there
are two tiles at least, so that there is a second one to fetch weights meanwhile; and where tiles go in parts,
each part finds its weights near.
"""

BLOCK = 8 * MOST_ROWS
"""Where rows are many, so many of them go through a weight together: they fit the second cache beside it."""

SPAN = 32 if _NARROW else 64
"""Steps of a block of weights: 16 KiB, half of the smallest first cache there is, or 8 where every part of a
tile goes through it. Where rows are many, twice as many: sums are put aside less often, and what falls out of
that cache is not far.
"""

START = np.int64(0)
"""Of a type of its own: for a plain 0, callees would be compiled once more."""

STAYS, FLEETING, MATRIX = np.int64(0), np.int64(-192), np.int64(1)
"""How weights are fetched: as the processor does by itself; so many bytes ahead with the advice not to keep
them; or, for rows by the dozen, by the matrix unit, as fours (see :mod:`matrix_unit`) or in parts of float32
(see :mod:`bf16x3`).
"""

FETCHED = 2
"""Cache lines fetched per step: more at once stall the loop."""

LANES = 16
"""Numbers of a vector."""

_I8, _I16, _I32, _I64 = (ir.IntType(bits) for bits in (8, 16, 32, 64))
_F32 = ir.FloatType()
_KINDS = {types.float32: "floats", types.int16: "pairs", types.int8: "fours"}


TAIL = 4
"""Numbers a row has behind its inputs (see above)."""

RAISED = 128
"""What is added to weights that go in fours."""


def instructions() -> str:
    """The best way of this processor to multiply pairs of 16-bit numbers: vnni, avx512, avx2 or any."""
    there = features()
    if "avx512vnni" in there and "avx512bw" in there:
        return "vnni"
    return "avx512" if "avx512bw" in there else "avx2" if "avx2" in there else "any"


def has_fours(way: str) -> bool:
    """Whether this way knows fours."""
    return way == "vnni"


def tile_of(rows: int, way: str) -> Callable[..., None]:
    """A function for compiled code that multiplies so many rows by one group of a weight.

    Its arguments: ``weight``, address of the group; ``x`` [R, in or more], float32, int16 or int8; ``first``,
    the row of ``x`` to begin with; ``inputs``, all steps (inputs, pairs or fours) of a row; ``at`` and
    ``steps``, the first step and how many; ``sums`` [R, 64], int32 or float32, whose rows from ``first`` on
    receive the result (where ``at`` is not 0 they hold the sums of the steps before); ``ahead``: 0, or
    bytes: positive, FETCHED cache lines of what lies so far behind the first step are fetched per step, into
    the second cache; negative, weights are fetched so far ahead with the advice not to keep them.
    """
    blocks = _blocks(rows, way)

    @intrinsic
    def tile(  # type: ignore[no-untyped-def]
        typing_context, weight, x, first, inputs, at, steps, sums, ahead
    ):
        kind = _KINDS[x.dtype]

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            weight, x, first, inputs, at, steps, sums, ahead = arguments
            x = context.make_array(signature.args[1])(context, builder, x)
            sums = context.make_array(signature.args[6])(context, builder, sums)
            stride = cgutils.unpack_tuple(builder, x.strides)[0]
            start = builder.add(builder.ptrtoint(x.data, _I64), builder.mul(stride, first))
            out = builder.add(builder.ptrtoint(sums.data, _I64), builder.mul(_I64(GROUP * 4), first))

            def parts(fetch: str) -> None:
                for block in range(0, GROUP // LANES, blocks):
                    _part(
                        builder, kind, way, rows, range(block, block + blocks),
                        weight, start, stride, (inputs, at, steps), out, (fetch, ahead),
                    )  # fmt: skip

            with builder.if_else(builder.icmp_signed("==", ahead, _I64(0))) as (none, some):
                with none:
                    parts("none")
                with some, builder.if_else(builder.icmp_signed(">", ahead, _I64(0))) as (keep, pass_by):
                    with keep:
                        parts("keep")
                    with pass_by:
                        parts("pass by")
            return context.get_dummy_value()

        arguments = types.int64, x, types.int64, types.int64, types.int64, types.int64, sums, types.int64
        return types.void(*arguments), generate

    result: Callable[..., None] = tile
    return result


def _blocks(rows: int, way: str) -> int:
    """Vectors of 16 outputs that go together: as many as the registers hold sums for."""
    if way in ("avx512", "vnni"):  # 32 registers of 16 numbers
        return 4
    return {1: 4, 2: 2}.get(rows, 1)  # 16 registers of 8


def _part(
    builder: Any,
    kind: str,
    way: str,
    rows: int,
    blocks: range,
    weight: Any,
    x: Any,
    stride: Any,
    inputs_at_steps: tuple[Any, Any, Any],
    out: Any,
    fetch_ahead: tuple[str, Any],
) -> None:
    """The loop over the inputs for some of a group's columns."""
    vector = ir.VectorType(_F32 if kind == "floats" else _I32, LANES)
    size = 2 if kind == "pairs" else 4  # bytes of a step of one output
    sums = [[cgutils.alloca_once(builder, vector) for _ in blocks] for _ in range(rows)]
    (inputs, first, steps), (fetch, ahead) = inputs_at_steps, fetch_ahead

    at = partial(place_at, builder)

    def spread_of(row: int, step: Any) -> Any:
        """The 32 bits that a row has for a step, everywhere in a vector."""
        offset = builder.add(builder.mul(stride, _I64(row)), builder.mul(step, _I64(4)))
        return everywhere(builder, builder.load(at(x, offset), typ=vector.element, align=1), vector)

    def place_of(row: int, block: int) -> Any:
        return at(out, _I64((row * GROUP + block * LANES) * 4))

    with builder.if_else(builder.icmp_signed("==", first, _I64(0))) as (beginning, going_on):
        with beginning:
            for row, own in enumerate(sums):
                start = spread_of(row, inputs) if kind == "fours" else ir.Constant(vector, None)
                for sum_ in own:
                    builder.store(start, sum_)
        with going_on:
            for row, own in enumerate(sums):
                for block, sum_ in zip(blocks, own, strict=True):
                    builder.store(builder.load(place_of(row, block), typ=vector, align=4), sum_)

    with cgutils.for_range(builder, steps) as loop:
        step = builder.add(first, loop.index)
        here = builder.mul(step, _I64(GROUP * size))
        weights = []
        for block in blocks:
            source = builder.add(here, _I64(block * LANES * size))
            if fetch == "pass by":
                prefetch(builder, at(weight, builder.sub(source, ahead)), keep=False)
            elif fetch == "keep" and block < FETCHED:  # in one part of the columns, not in each
                line = builder.add(builder.mul(loop.index, _I64(FETCHED)), _I64(block))
                offset = builder.add(builder.mul(first, _I64(GROUP * size)), builder.mul(line, _I64(LINE)))
                prefetch(builder, at(weight, builder.add(offset, ahead)), keep=True)
            if kind == "pairs":
                eight = builder.load(at(weight, source), typ=ir.VectorType(_I8, 2 * LANES), align=1)
                weights.append(builder.sext(eight, ir.VectorType(_I16, 2 * LANES)))
            else:
                weights.append(builder.load(at(weight, source), typ=vector, align=4))
        for row in range(rows):
            spread = spread_of(row, step)
            for weights_, sum_ in zip(weights, sums[row], strict=True):
                before = builder.load(sum_, typ=vector)
                builder.store(_more(builder, kind, way, weights_, spread, before, vector), sum_)
    for row in range(rows):
        for block, sum_ in zip(blocks, sums[row], strict=True):
            builder.store(builder.load(sum_, typ=vector), place_of(row, block), align=4)


def prefetch(builder: Any, address: Any, keep: bool) -> None:
    """Read ahead, into the second cache or for once: what lies behind the end of the memory does no harm."""
    reading, data = _I32(0), _I32(1)
    instruction(builder, "llvm.prefetch.p0", ir.VoidType(), address, reading, _I32(2 if keep else 0), data)


def everywhere(builder: Any, number: Any, vector: Any) -> Any:
    """A number in all places of a vector."""
    nothing = ir.Constant(vector, ir.Undefined)
    first = builder.insert_element(nothing, number, _I32(0))
    return builder.shuffle_vector(first, nothing, ir.Constant(ir.VectorType(_I32, LANES), [0] * LANES))


def _more(builder: Any, kind: str, way: str, weights: Any, spread: Any, before: Any, vector: Any) -> Any:
    """``before`` and what this step adds to it."""
    if kind == "fours":
        return instruction(builder, "llvm.x86.avx512.vpdpbusd.512", vector, before, weights, spread)
    if kind == "floats":
        return instruction(builder, "llvm.fmuladd.v16f32", vector, weights, spread, before)
    if way == "vnni":  # multiplies, adds the pair and adds that to the sum
        packed = builder.bitcast(weights, vector)
        return instruction(builder, "llvm.x86.avx512.vpdpwssd.512", vector, before, spread, packed)
    pairs = builder.bitcast(spread, weights.type)
    if way == "avx512":
        products = instruction(builder, "llvm.x86.avx512.pmaddw.d.512", vector, pairs, weights)
    elif way == "avx2":
        half = ir.VectorType(_I32, LANES // 2)
        low, high = (
            instruction(
                builder,
                "llvm.x86.avx2.pmadd.wd",
                half,
                _picked(builder, pairs, places),
                _picked(builder, weights, places),
            )
            for places in (range(LANES), range(LANES, 2 * LANES))
        )
        every = ir.Constant(ir.VectorType(_I32, LANES), list(range(LANES)))
        products = builder.shuffle_vector(low, high, every)
    else:
        one, other = (
            builder.mul(
                builder.sext(_picked(builder, pairs, places), vector),
                builder.sext(_picked(builder, weights, places), vector),
            )
            for places in (range(0, 2 * LANES, 2), range(1, 2 * LANES, 2))
        )
        products = builder.add(one, other)
    return builder.add(before, products)


def _picked(builder: Any, vector: Any, places: range) -> Any:
    return builder.shuffle_vector(vector, vector, ir.Constant(ir.VectorType(_I32, len(places)), list(places)))


_WAY = instructions()
_one, _two, _three, _four, _five, _six = (tile_of(n, _WAY) for n in range(1, MOST_ROWS + 1))


@compiled
def multiply(weight, x, first, rows, inputs, at, steps, sums, ahead):  # type: ignore[no-untyped-def]
    """As :func:`tile_of`, for 1 to MOST_ROWS rows."""
    once()
    if rows == 1:
        _one(weight, x, first, inputs, at, steps, sums, ahead)
    elif rows == 2:
        _two(weight, x, first, inputs, at, steps, sums, ahead)
    elif rows == 3:
        _three(weight, x, first, inputs, at, steps, sums, ahead)
    elif rows == 4:
        _four(weight, x, first, inputs, at, steps, sums, ahead)
    elif rows == 5:
        _five(weight, x, first, inputs, at, steps, sums, ahead)
    else:
        _six(weight, x, first, inputs, at, steps, sums, ahead)


@compiled
def multiply_all(weight, x, rows, inputs, sums, fetch):  # type: ignore[no-untyped-def]
    """As :func:`multiply` over all steps, for any number of rows, the first of ``x``; ``sums`` is [R, 64].

    Args:
        fetch: :data:`STAYS` or :data:`FLEETING`, for rows of a single tile.
    """
    once()
    if rows <= FEW_ROWS:
        multiply(weight, x, START, rows, inputs, START, inputs, sums, fetch)
        return
    tiles = max(2, (rows + MOST_ROWS - 1) // MOST_ROWS)
    height = (rows + tiles - 1) // tiles
    lines = np.int64(GROUP * (2 if x.itemsize == 2 else 4) // LINE)  # of a step
    span = np.int64(SPAN if tiles <= 2 else 2 * SPAN)
    if _NARROW and x.itemsize == 2:  # a step of pairs has half the bytes
        span *= 2
    at = START
    while at < inputs:
        steps = min(span, inputs - at)
        fetched = START
        first = START
        while first < rows:
            some = min(height, rows - first)
            # Behind the block lies the next one, or the next group's first: each tile fetches some of it.
            ahead = (steps * lines + fetched) * LINE if fetched < steps * lines else STAYS
            multiply(weight, x, first, some, inputs, at, steps, sums, ahead)
            fetched += steps * FETCHED
            first += some
        at += steps
