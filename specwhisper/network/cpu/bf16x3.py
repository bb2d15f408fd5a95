"""float32 products by a matrix unit that multiplies 16-bit floats: each number is the sum of three of them.

A float32 number has 24 bits of precision, a bfloat16 number 8, and the product of two of those is exact in
float32. So x = x1 + x2 + x3, where x1 is the bfloat16 number next to x, x2 the one next to what is left, and
so on. Of the nine products of two such sums the six that matter are added up in float32; the others are below
2^-26 of the result, less than any float32 sum loses by rounding. The unit makes a product sixteen times as
fast as the widest vectors, so this pays. (Henry, Tang and Heinecke 2019, "Leveraging the bfloat16 Artificial
Intelligence Datatype For Higher-Precision Computations".)

How numbers lie:

* rows [R, 3 in]: per step of 32 inputs their three parts, 32 numbers each;
* a weight [out, in]: [out / 32, in / 32, P, 2, 16, 16, 2]: per 32 outputs and step the P parts, the smallest
  first, of which a tile holds 16 pairs of inputs, each for 16 outputs. Weights that were float16 once, as
  Whisper's were when they were published, have only two parts that are not 0: five products are enough.

A row's sums are taken in one order whatever the other rows, so that it does not know its neighbours.
"""

from __future__ import annotations

from typing import Any

import torch
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from specwhisper.network.cpu.aligned import LINE
from specwhisper.network.cpu.jit import compiled, once
from specwhisper.network.cpu.matrix_unit import ROWS, tile_instruction
from specwhisper.network.cpu.tiles import GROUP, LANES

PARTS = 3
"""bfloat16 numbers of a float32 one."""

STEP = 32
"""Inputs that a tile multiplies."""

TALL = 2
"""Tiles of rows, and of outputs, that are summed together."""

_SPAN = 4
"""Steps whose weights, at most 24 KiB, stay near while all rows use them."""

_TILE = ROWS * LINE  # bytes
_BYTES = TALL * _TILE  # of a step's weights for 32 outputs, per part
_PAIRS = {2: ((0, 1), (1, 1), (1, 0), (2, 0), (0, 0)), 3: ((0, 2), (0, 1), (1, 1), (1, 0), (2, 0), (0, 0))}
"""Which parts are multiplied, of rows and of weights: each pair has one in common with the one before, for
loading tiles takes time.
"""
_HALF = 0x8000  # of the last bit that a bfloat16 number has
_FIRST_ROWS, _WEIGHTS = TALL * TALL, TALL * TALL + TALL  # tiles 0 to 3 are sums

_I8, _I16, _I32, _I64, _F32 = ir.IntType(8), ir.IntType(16), ir.IntType(32), ir.IntType(64), ir.FloatType()
_POINTER = ir.PointerType()
_REAL, _WHOLE, _SHORT = (ir.VectorType(kind, LANES) for kind in (_F32, _I32, _I16))


def parts_of(x: torch.Tensor) -> torch.Tensor:
    """float32 [...] as bfloat16 [3, ...], the largest first."""
    first = x.bfloat16()
    second = (x - first).bfloat16()
    return torch.stack([first, second, (x - first - second).bfloat16()])


def parts_needed(weight: torch.Tensor) -> int:
    """2, or 3 where some number has a third part."""
    return PARTS if parts_of(weight)[-1].any() else PARTS - 1


def in_parts(weight: torch.Tensor, parts: int) -> torch.Tensor:
    """float32 [out, in] as the kernel takes it, [out / 64, parts, 64 in] int16."""
    outputs, inputs = weight.shape
    tiles = parts_of(weight)[:parts].view(torch.int16).flip(0)
    tiles = tiles.view(parts, outputs // 32, TALL, ROWS, inputs // STEP, STEP // 2, 2)
    return tiles.permute(1, 4, 0, 2, 5, 3, 6).reshape(outputs // GROUP, parts, GROUP * inputs)


@intrinsic
def parted(typing_context, source, count, out):  # type: ignore[no-untyped-def]
    """Write so many float32 numbers, a multiple of 32, as a row of parts; source and out are addresses."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        source, count, out = arguments
        half, mask, bits = (ir.Constant(_WHOLE, [each] * LANES) for each in (_HALF, -2 * _HALF, 16))

        def at(base: Any, offset: Any) -> Any:
            return builder.inttoptr(builder.add(base, offset), _POINTER)

        with cgutils.for_range(builder, builder.udiv(count, _I64(STEP))) as each:
            read, written = (
                builder.mul(each.index, _I64(4 * STEP)),
                builder.mul(each.index, _I64(PARTS * LINE)),
            )
            for place in range(0, STEP, LANES):
                rest = builder.load(at(source, builder.add(read, _I64(4 * place))), typ=_REAL, align=4)
                for part in range(PARTS):
                    near = builder.and_(builder.add(builder.bitcast(rest, _WHOLE), half), mask)
                    target = at(out, builder.add(written, _I64(part * LINE + 2 * place)))
                    builder.store(builder.trunc(builder.lshr(near, bits), _SHORT), target, align=2)
                    rest = builder.fsub(rest, builder.bitcast(near, _REAL))
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), generate


def _panel_of(tall: int, parts: int) -> Any:
    """A function for compiled code: so many tiles of rows times 32 outputs, for some steps,
    by weights of so many parts."""

    @intrinsic
    def panel(typing_context, weight, x, stride, steps, sums, across, going_on):  # type: ignore[no-untyped-def]
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            weight, x, stride, steps, sums, across, going_on = arguments
            every = [(row, column) for row in range(tall) for column in range(TALL)]

            def at(base: Any, offset: Any) -> Any:
                return builder.inttoptr(builder.add(base, offset), _POINTER)

            def sum_at(row: int, column: int) -> Any:
                return at(sums, builder.add(builder.mul(across, _I64(ROWS * row)), _I64(LINE * column)))

            with builder.if_else(builder.icmp_signed("!=", going_on, _I64(0))) as (more, begin):
                with more:
                    for row, column in every:
                        place = sum_at(row, column)
                        tile_instruction(builder, "tileloadd64", _I8(TALL * row + column), place, across)
                with begin:
                    for row, column in every:
                        tile_instruction(builder, "tilezero", _I8(TALL * row + column))
            with cgutils.for_range(builder, steps) as each:
                own = builder.mul(each.index, _I64(_BYTES * parts))
                theirs = builder.mul(each.index, _I64(PARTS * LINE))

                def load_rows(part: int) -> None:
                    for row in range(tall):
                        down = builder.add(builder.mul(stride, _I64(ROWS * row)), _I64(part * LINE))
                        place = at(x, builder.add(theirs, down))
                        tile_instruction(builder, "tileloadd64", _I8(_FIRST_ROWS + row), place, stride)

                def load_weights(part: int) -> None:
                    for column in range(TALL):
                        offset = ((parts - 1 - part) * TALL + column) * _TILE
                        place = at(weight, builder.add(own, _I64(offset)))
                        tile_instruction(builder, "tileloadd64", _I8(_WEIGHTS + column), place, _I64(LINE))

                before = -1, -1
                for pair in _PAIRS[parts]:
                    for load, own_part, last in zip((load_rows, load_weights), pair, before, strict=True):
                        if own_part != last:
                            load(own_part)
                    before = pair
                    for row, column in every:
                        factors = _I8(_FIRST_ROWS + row), _I8(_WEIGHTS + column)
                        tile_instruction(builder, "tdpbf16ps", _I8(TALL * row + column), *factors)
            for row, column in every:
                tile_instruction(
                    builder, "tilestored64", _I8(TALL * row + column), sum_at(row, column), across
                )
            return context.get_dummy_value()

        return types.void(*[types.int64] * 7), generate

    return panel


_one_of_two, _two_of_two, _one_of_three, _two_of_three = (
    _panel_of(tall, parts) for parts in (2, 3) for tall in (1, 2)
)


@compiled
def parts_times(weight, x, rows, inputs, sums, parts):  # type: ignore[no-untyped-def]
    """Rows times a group of 64 outputs.

    Args:
        weight: address of the group.
        x: [R, 3 inputs or more] as :func:`parted` made them, R a multiple of 32, rows in lines (see
            :mod:`aligned`); what is in those behind ``rows`` does not matter.
        inputs: of a row, a multiple of 32.
        sums: float32 [R, 64], written, those behind ``rows`` with anything.
        parts: of a weight, 2 or 3.
    """
    once()
    steps, stride, across = inputs // STEP, x.strides[0], sums.strides[0]
    for half in range(2):
        own, target = weight + half * steps * _BYTES * parts, sums.ctypes.data + half * TALL * LINE
        for first in range(0, steps, _SPAN):
            some = min(_SPAN, steps - first)
            here, start = own + first * _BYTES * parts, x.ctypes.data + first * PARTS * LINE
            for row in range(0, rows, TALL * ROWS):
                place, out = start + row * stride, target + row * across
                if parts == 2 and rows - row > ROWS:
                    _two_of_two(here, place, stride, some, out, across, first)
                elif parts == 2:
                    _one_of_two(here, place, stride, some, out, across, first)
                elif rows - row > ROWS:
                    _two_of_three(here, place, stride, some, out, across, first)
                else:
                    _one_of_three(here, place, stride, some, out, across, first)
