"""float32 products by a matrix unit that multiplies 16-bit floats: each number is the sum of two or three.

A float32 number has 24 bits of precision, a bfloat16 number 8, and the product of two of those is exact in
float32. So x = x1 + x2 + x3, where x1 is the bfloat16 number next to x, x2 the one next to what is left, and
so on. Weights that were float16 once, as Whisper's were when they were published, have 11 bits: two parts.
Of the six products of such sums the five that matter are added up in float32; the sixth is below 2^-26 of the
result, less than any float32 sum loses by rounding. The unit makes a product sixteen times as fast as the
widest vectors, so this pays. (Henry, Tang and Heinecke 2019, "Leveraging the bfloat16 Artificial Intelligence
Datatype For Higher-Precision Computations".) With weights of three parts it does not: they take half as much
memory again, and a sixth product.

How numbers lie:

* rows [R, 3 in]: per step of 32 inputs their three parts, 32 numbers each;
* a weight [out, in]: [out / 32, in / 32, 2, 2, 16, 16, 2]: per 32 outputs and step the second and the first
  parts, of which a tile holds 16 pairs of inputs, each for 16 outputs.

A row's sums are taken in one order whatever the other rows, so that it does not know its neighbours.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from specwhisper.network.cpu.aligned import LINE
from specwhisper.network.cpu.jit import compiled, once, place_at
from specwhisper.network.cpu.matrix_unit import ROWS, tile_instruction
from specwhisper.network.cpu.tiles import GROUP, LANES

PARTS = 3
"""bfloat16 numbers of a float32 one."""

STEP = 32
"""Inputs that a tile multiplies."""

TALL = 2
"""Tiles of rows, and of outputs, that are summed together."""

_SPAN = 4
"""Steps whose weights, 16 KiB, stay near while all rows use them."""

_TILE = ROWS * LINE  # bytes
_OF_WEIGHT = 2  # parts of a weight
_BYTES = _OF_WEIGHT * TALL * _TILE  # of a step's weights for 32 outputs
_PAIRS = (0, 1), (1, 1), (1, 0), (2, 0), (0, 0)
"""Which parts are multiplied, of rows and of weights: each pair has one in common with the one before, for
loading tiles takes time.
"""
_HALF = 0x8000  # of the last bit that a bfloat16 number has
_FIRST_ROWS, _WEIGHTS = TALL * TALL, TALL * TALL + TALL  # tiles 0 to 3 are sums

_I8, _I16, _I32, _I64, _F32 = ir.IntType(8), ir.IntType(16), ir.IntType(32), ir.IntType(64), ir.FloatType()
_REAL, _WHOLE, _SHORT = (ir.VectorType(kind, LANES) for kind in (_F32, _I32, _I16))


def parts_of(x: torch.Tensor) -> torch.Tensor:
    """float32 [...] as bfloat16 [3, ...], the largest first."""
    first = x.bfloat16()
    second = (x - first).bfloat16()
    return torch.stack([first, second, (x - first - second).bfloat16()])


def has_two_parts(weight: torch.Tensor) -> bool:
    """Whether no number has a third part."""
    return not parts_of(weight)[-1].any()


def in_parts(weight: torch.Tensor) -> torch.Tensor:
    """float32 [out, in] of two parts as the kernel takes it, [out / 64, 128 in] int16."""
    outputs, inputs = weight.shape
    tiles = parts_of(weight)[:_OF_WEIGHT].view(torch.int16).flip(0)
    tiles = tiles.view(_OF_WEIGHT, outputs // 32, TALL, ROWS, inputs // STEP, STEP // 2, 2)
    return tiles.permute(1, 4, 0, 2, 5, 3, 6).reshape(outputs // GROUP, _OF_WEIGHT * GROUP * inputs)


@intrinsic
def parted(typing_context, source, count, out):  # type: ignore[no-untyped-def]
    """Write so many float32 numbers, a multiple of 32, as a row of parts; source and out are addresses."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        source, count, out = arguments
        half, mask, bits = (ir.Constant(_WHOLE, [each] * LANES) for each in (_HALF, -2 * _HALF, 16))

        at = partial(place_at, builder)

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


def _panel_of(tall: int) -> Any:
    """A function for compiled code: so many tiles of rows times 32 outputs, for some steps."""

    @intrinsic
    def panel(typing_context, weight, x, stride, steps, sums, across, going_on):  # type: ignore[no-untyped-def]
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            weight, x, stride, steps, sums, across, going_on = arguments
            every = [(row, column) for row in range(tall) for column in range(TALL)]

            at = partial(place_at, builder)

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
                own = builder.mul(each.index, _I64(_BYTES))
                theirs = builder.mul(each.index, _I64(PARTS * LINE))

                def load_rows(part: int) -> None:
                    for row in range(tall):
                        down = builder.add(builder.mul(stride, _I64(ROWS * row)), _I64(part * LINE))
                        place = at(x, builder.add(theirs, down))
                        tile_instruction(builder, "tileloadd64", _I8(_FIRST_ROWS + row), place, stride)

                def load_weights(part: int) -> None:
                    for column in range(TALL):
                        offset = ((_OF_WEIGHT - 1 - part) * TALL + column) * _TILE
                        place = at(weight, builder.add(own, _I64(offset)))
                        tile_instruction(builder, "tileloadd64", _I8(_WEIGHTS + column), place, _I64(LINE))

                before = -1, -1
                for pair in _PAIRS:
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


_one, _two = _panel_of(1), _panel_of(2)


@compiled
def parts_times(weight, x, rows, inputs, sums):  # type: ignore[no-untyped-def]
    """Rows times a group of 64 outputs.

    Args:
        weight: address of the group.
        x: [R, 3 inputs or more] as :func:`parted` made them, R a multiple of 32, rows in lines (see
            :mod:`aligned`); what is in those behind ``rows`` does not matter.
        inputs: of a row, a multiple of 32.
        sums: float32 [R, 64], written, those behind ``rows`` with anything.
    """
    once()
    steps, stride, across = inputs // STEP, x.strides[0], sums.strides[0]
    for half in range(2):
        own, target = weight + half * steps * _BYTES, sums.ctypes.data + half * TALL * LINE
        for first in range(0, steps, _SPAN):
            some = min(_SPAN, steps - first)
            here, start = own + first * _BYTES, x.ctypes.data + first * PARTS * LINE
            for row in range(0, rows, TALL * ROWS):
                place, out = start + row * stride, target + row * across
                if rows - row > ROWS:
                    _two(here, place, stride, some, out, across, first)
                else:
                    _one(here, place, stride, some, out, across, first)
