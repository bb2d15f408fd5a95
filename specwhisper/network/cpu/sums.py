"""What the sums of a product become: 64 of a row at a time, in vectors of 16.

Written for the vector unit by hand, for the compiler does not see that sums, scales and outputs lie apart,
and checks it for every 64 of them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from specwhisper.network.cpu.jit import instruction
from specwhisper.network.cpu.tiles import GROUP, LANES, everywhere

SET, ADD = np.int64(0), np.int64(1)

_I32, _I64, _F32 = ir.IntType(32), ir.IntType(64), ir.FloatType()
_WHOLE, _REAL = ir.VectorType(_I32, LANES), ir.VectorType(_F32, LANES)
_PLACES = range(0, GROUP, LANES)
_FUSED = "llvm.fmuladd.v16f32"


class _Array:
    """An array of compiled code: where its rows lie."""

    def __init__(self, context: Any, builder: Any, kind: Any, value: Any) -> None:
        array = context.make_array(kind)(context, builder, value)
        self._builder = builder
        self._stride = cgutils.unpack_tuple(builder, array.strides)[0]
        self._start = builder.ptrtoint(array.data, _I64)

    def place(self, row: Any, column: Any) -> Any:
        """Where a row's number lies, of four bytes each, ``column`` of them behind its first."""
        builder = self._builder
        start = builder.add(self._start, builder.mul(self._stride, row))
        return builder.inttoptr(builder.add(start, builder.mul(column, _I64(4))), ir.PointerType())


@intrinsic
def scaled(typing_context, sums, rows, scales, factor, offset, out, column, how):  # type: ignore[no-untyped-def]
    """Rows of 64 sums, times the row's scale and the output's, and the output's offset.

    Args:
        sums: [R, 64] int32 or float32, of which the first ``rows`` count; scales: [R].
        factor, offset: [64].
        out, column: [R, ...] and the first of the 64 columns that are written (SET) or added to (ADD).
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        sums_, scales_, factor_, offset_, out_ = (
            _Array(context, builder, signature.args[at], arguments[at]) for at in (0, 2, 3, 4, 5)
        )
        rows, column, how = arguments[1], arguments[6], arguments[7]
        first = _I64(0)
        whole = signature.args[0].dtype == types.int32

        def load(array: _Array, row: Any, at: Any, kind: Any) -> Any:
            return builder.load(array.place(row, at), typ=kind, align=4)

        factors = [load(factor_, first, _I64(at), _REAL) for at in _PLACES]
        offsets = [load(offset_, first, _I64(at), _REAL) for at in _PLACES]
        adding = builder.icmp_signed("==", how, _I64(int(ADD)))
        with cgutils.for_range(builder, rows) as loop:
            row = loop.index
            own = everywhere(builder, builder.load(scales_.place(row, first), typ=_F32, align=4), _REAL)
            found = []
            for at, factor, offset in zip(_PLACES, factors, offsets, strict=True):
                sum_ = load(sums_, row, _I64(at), _WHOLE if whole else _REAL)
                sum_ = builder.sitofp(sum_, _REAL) if whole else sum_
                found.append(instruction(builder, _FUSED, _REAL, sum_, builder.fmul(own, factor), offset))
            with builder.if_else(adding) as (add, put):
                with add:
                    for at, value in zip(_PLACES, found, strict=True):
                        place = out_.place(row, builder.add(column, _I64(at)))
                        before = builder.load(place, typ=_REAL, align=4)
                        builder.store(builder.fadd(before, value), place, align=4)
                with put:
                    for at, value in zip(_PLACES, found, strict=True):
                        builder.store(value, out_.place(row, builder.add(column, _I64(at))), align=4)
        return context.get_dummy_value()

    arguments = sums, types.int64, scales, factor, offset, out, types.int64, types.int64
    return types.void(*arguments), generate


@intrinsic
def begun_with(typing_context, sums, rows, x, inputs):  # type: ignore[no-untyped-def]
    """Add to rows of 64 int32 sums what they begin with: an int32 behind a row's ``inputs`` in x [R, ...]."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        sums_, x_ = (_Array(context, builder, signature.args[at], arguments[at]) for at in (0, 2))
        rows, behind = arguments[1], builder.lshr(arguments[3], _I64(2))
        with cgutils.for_range(builder, rows) as loop:
            start = builder.load(x_.place(loop.index, behind), typ=_I32, align=1)
            every = everywhere(builder, start, _WHOLE)
            for at in _PLACES:
                place = sums_.place(loop.index, _I64(at))
                before = builder.load(place, typ=_WHOLE, align=4)
                builder.store(builder.add(before, every), place, align=4)
        return context.get_dummy_value()

    return types.void(sums, types.int64, x, types.int64), generate


@intrinsic
def joined(  # type: ignore[no-untyped-def]
    typing_context, high, low, rows, scales, factor, out, column, most
):
    """Rows of 64 sums 256 high + low, times the row's scale and the output's.

    Args:
        high, low: int32 [R, 64].
        scales, factor, out, column: as in :func:`scaled`.
        most: float32 [R, 16], the largest of a row so far, in sixteen parts.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        high_, low_, scales_, factor_, out_, most_ = (
            _Array(context, builder, signature.args[at], arguments[at]) for at in (0, 1, 3, 4, 5, 7)
        )
        rows, column = arguments[2], arguments[6]
        first, bits = _I64(0), ir.Constant(_WHOLE, [8] * LANES)
        factors = [builder.load(factor_.place(first, _I64(at)), typ=_REAL, align=4) for at in _PLACES]
        with cgutils.for_range(builder, rows) as loop:
            row = loop.index
            own = everywhere(builder, builder.load(scales_.place(row, first), typ=_F32, align=4), _REAL)
            largest = builder.load(most_.place(row, first), typ=_REAL, align=4)
            for at, factor in zip(_PLACES, factors, strict=True):
                above, below = (
                    builder.load(each.place(row, _I64(at)), typ=_WHOLE, align=4) for each in (high_, low_)
                )
                sum_ = builder.sitofp(builder.add(builder.shl(above, bits), below), _REAL)
                value = builder.fmul(sum_, builder.fmul(own, factor))
                builder.store(value, out_.place(row, builder.add(column, _I64(at))), align=4)
                largest = builder.select(builder.fcmp_ordered(">", value, largest), value, largest)
            builder.store(largest, most_.place(row, first), align=4)
        return context.get_dummy_value()

    return types.void(high, low, types.int64, scales, factor, out, types.int64, most), generate
