"""Products of 8-bit numbers by the matrix unit of newer Intel processors (AMX), for rows by the dozen.

(For float32 ones see :mod:`bf16x3`.)

A tile of 16 rows and 64 inputs times a tile of 64 inputs and 16 outputs is one instruction, eight times the
work of the widest vector one. The weights lie as for vectors ("fours", see :mod:`tiles`), and sums are whole
numbers, so they are the same bit for bit. (Intel Architecture Instruction Set Extensions Programming
Reference, chapter 3.)

The unit belongs to a thread while it is configured, between :func:`configure` and :func:`release`.
"""

from __future__ import annotations

import ctypes
import platform
import sys
from functools import lru_cache, partial
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from specwhisper.network.cpu.aligned import LINE
from specwhisper.network.cpu.jit import compiled, features, instruction, once, place_at
from specwhisper.network.cpu.tiles import GROUP, has_fours, instructions, prefetch

ROWS = 16
"""Rows of a tile."""

TALL = 3
"""Tiles of rows that go through a tile of weights together: eight tiles are all there are."""

BY_RAISED, SIGNED, UNSIGNED = np.int64(0), np.int64(1), np.int64(2)
"""What is multiplied: signed rows by weights without a sign, both signed, or the other way round."""

_PRODUCT = {0: "tdpbsud", 1: "tdpbssd", 2: "tdpbusd"}
_WEIGHTS, _FIRST_ROWS = TALL, TALL + 1  # tiles 0 to 2 are sums
BUILT = has_fours(instructions()) and {"amx-tile", "amx-int8", "amx-bf16"} <= features()
"""Whether there is such a unit; elsewhere nothing of this is compiled."""

_I8, _I64 = ir.IntType(8), ir.IntType(64)

_ARCH_PRCTL, _REQUEST, _TILE_DATA = 158, 0x1023, 18


@lru_cache(maxsize=1)
def usable() -> bool:
    """Whether there is such a unit and the system lets this process use it (Linux asks to be asked)."""
    if not BUILT or sys.platform != "linux" or platform.machine() != "x86_64":
        return False
    try:
        granted = ctypes.CDLL(None).syscall(_ARCH_PRCTL, _REQUEST, _TILE_DATA)
    except (OSError, AttributeError):
        return False
    return bool(granted == 0)


def tile_instruction(builder: Any, name: str, *arguments: Any) -> None:
    """One of the unit's instructions, by LLVM's name."""
    if BUILT:  # never run elsewhere, and no other processor could compile it
        instruction(builder, f"llvm.x86.{name}", ir.VoidType(), *arguments)


@intrinsic
def configure(typing_context):  # type: ignore[no-untyped-def]
    """Give the calling thread eight tiles of 16 rows of 64 bytes."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = ir.ArrayType(_I8, 64)
        first_palette, bytes_of_rows, rows = {0: 1}, range(16, 32, 2), range(48, 56)
        wanted = [
            first_palette.get(at, LINE * (at in bytes_of_rows) + ROWS * (at in rows)) for at in range(64)
        ]
        place = cgutils.alloca_once(builder, kind)
        builder.store(ir.Constant(kind, bytearray(wanted)), place)
        tile_instruction(builder, "ldtilecfg", place)
        return context.get_dummy_value()

    return types.void(), generate


@intrinsic
def release(typing_context):  # type: ignore[no-untyped-def]
    """The calling thread needs no tiles any more: the system need not save them."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        tile_instruction(builder, "tilerelease")
        return context.get_dummy_value()

    return types.void(), generate


def _panel_of(tall: int) -> Any:
    """A function for compiled code: so many tiles of rows times 16 outputs."""

    @intrinsic
    def panel(  # type: ignore[no-untyped-def]
        typing_context, kind, weight, ahead, x, stride, steps, sums
    ):
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            kind, weight, ahead, x, stride, steps, sums = arguments

            at = partial(place_at, builder)

            def loop(product: str) -> None:
                with cgutils.for_range(builder, steps) as each:
                    here = builder.mul(each.index, _I64(ROWS * 4 * GROUP))
                    tile_instruction(builder, "tileloadd64", _I8(_WEIGHTS), at(weight, here), _I64(4 * GROUP))
                    next_ = builder.add(here, ahead)
                    for row in range(ROWS):
                        place = at(weight, builder.add(next_, _I64(4 * GROUP * row)))
                        prefetch(builder, place, keep=True)
                    for tile in range(tall):
                        down = builder.mul(stride, _I64(ROWS * tile))
                        place = at(builder.add(x, down), builder.mul(each.index, _I64(LINE)))
                        tile_instruction(builder, "tileloadd64", _I8(_FIRST_ROWS + tile), place, stride)
                        tile_instruction(builder, product, _I8(tile), _I8(_FIRST_ROWS + tile), _I8(_WEIGHTS))

            for tile in range(tall):
                tile_instruction(builder, "tilezero", _I8(tile))
            for number, product in _PRODUCT.items():
                with builder.if_then(builder.icmp_signed("==", kind, _I64(number))):
                    loop(product)
            for tile in range(tall):
                place = at(sums, _I64(ROWS * tile * 4 * GROUP))
                tile_instruction(builder, "tilestored64", _I8(tile), place, _I64(4 * GROUP))
            return context.get_dummy_value()

        return types.void(*[types.int64] * 7), generate

    return panel


_one, _two, _three = (_panel_of(tall) for tall in range(1, TALL + 1))


@compiled
def tiles_times(kind, weight, x, rows, inputs, sums):  # type: ignore[no-untyped-def]
    """Rows times a group of 64 outputs.

    Args:
        kind: :data:`BY_RAISED`, :data:`SIGNED` or :data:`UNSIGNED`.
        weight: address of the group, [inputs / 4, 64, 4] bytes.
        x: [R, inputs or more] bytes, R a multiple of 16, rows in lines (see :mod:`aligned`); what is in
            those behind ``rows`` does not matter.
        inputs: of a row, a multiple of 64.
        sums: int32 [R, 64], written, those behind ``rows`` with anything.
    """
    once()
    stride, steps = x.strides[0], inputs // LINE
    for column in range(4):
        place = weight + column * LINE
        # The next 16 outputs, or the next group's first.
        ahead = np.int64(LINE) if column < 3 else np.int64(GROUP * inputs - 3 * LINE)
        row = 0
        while row < rows:
            left = rows - row
            start, out = x.ctypes.data + row * stride, sums.ctypes.data + (row * 4 + column) * LINE
            if left > 2 * ROWS:
                _three(kind, place, ahead, start, stride, steps, out)
            elif left > ROWS:
                _two(kind, place, ahead, start, stride, steps, out)
            else:
                _one(kind, place, ahead, start, stride, steps, out)
            row += TALL * ROWS
            ahead = np.int64(0)
