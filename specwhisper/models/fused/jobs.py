"""What a team can be given to do, as a list of integers: sizes, and addresses of the arrays to work on.

Integers, because the threads of a team take a job from memory without asking the interpreter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from llvmlite import ir
from numba import carray, types
from numba.extending import intrinsic

from specwhisper.models.fused.encode import through_convolution, through_encoder
from specwhisper.models.fused.jit import compiled
from specwhisper.models.fused.keep import keep_heads
from specwhisper.models.fused.packing import KINDS, Numbers
from specwhisper.models.fused.passes import through_head, through_layers
from specwhisper.models.fused.wide import through_layer

LAYERS, HEAD, ENCODER, LAYER, CONVOLUTION, KEEP = range(6)


@dataclass(frozen=True)
class Job:
    """Something to do.

    Attributes:
        written: its kind, then every array's address and shape, and every number as it is.
        parts: the arrays themselves, which must live as long as somebody works on them.
    """

    written: np.ndarray
    parts: tuple[np.ndarray | int, ...]

    @classmethod
    def of(cls, kind: int, numbers: Numbers, *parts: np.ndarray | int) -> Job:
        """Write a job down.

        Raises:
            ValueError: an array does not lie in memory row by row; only addresses and shapes are passed on.
        """
        written = [kind, 0 if numbers == "int8" else 1]
        for part in parts:
            if isinstance(part, int):
                written.append(part)
            elif part.flags.c_contiguous:
                written += (part.ctypes.data, *part.shape)
            else:
                raise ValueError("a job takes arrays that lie in memory row by row")
        return cls(np.array(written, np.int64), parts)


@intrinsic
def _pointer(typing_context, like, address):  # type: ignore[no-untyped-def]
    """A pointer to numbers of the kind that the array ``like`` holds."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[1], ir.PointerType())

    return types.CPointer(like.dtype)(like, types.int64), generate


@compiled
def one(like, job, at):  # type: ignore[no-untyped-def]
    """The array [n] whose address is at place ``at`` of a job."""
    return carray(_pointer(like, job[at]), (job[at + 1],))


@compiled
def two(like, job, at):  # type: ignore[no-untyped-def]
    """An array of two dimensions."""
    return carray(_pointer(like, job[at]), (job[at + 1], job[at + 2]))


@compiled
def three(like, job, at):  # type: ignore[no-untyped-def]
    """An array of three dimensions."""
    return carray(_pointer(like, job[at]), (job[at + 1], job[at + 2], job[at + 3]))


@compiled
def four(like, job, at):  # type: ignore[no-untyped-def]
    """An array of four dimensions."""
    return carray(_pointer(like, job[at]), (job[at + 1], job[at + 2], job[at + 3], job[at + 4]))


_FLOAT, _LONG = np.zeros(0, np.float32), np.zeros(0, np.int64)
_I8, _I16, _I32 = (np.zeros(0, kind) for kind in (np.int8, np.int16, np.int32))
_ROWS = np.zeros(0, KINDS["int8"].rows)


@compiled
def _layers(me, team, gate, job, narrow, asking, sums):  # type: ignore[no-untyped-def]
    through_layers(
        me, team, gate, two(_FLOAT, job, 2), one(_LONG, job, 5), one(_LONG, job, 7), job[9],
        three(_LONG, job, 10), one(_LONG, job, 14), two(_LONG, job, 16), two(_FLOAT, job, 19),
        (
            two(_FLOAT, job, 22), two(_FLOAT, job, 25), two(_FLOAT, job, 28),
            four(_FLOAT, job, 31), three(_FLOAT, job, 36), two(_FLOAT, job, 40),
        ),
        (three(narrow, job, 43), three(narrow, job, 47), three(asking, job, 51), three(asking, job, 55)),
        three(sums, job, 59), three(_FLOAT, job, 63), two(_FLOAT, job, 67), job[70],
    )  # fmt: skip


@compiled
def _head(me, team, gate, job, narrow, sums):  # type: ignore[no-untyped-def]
    through_head(
        me, team, two(_FLOAT, job, 2), job[5], one(_FLOAT, job, 6), one(_FLOAT, job, 8),
        three(narrow, job, 10), two(_FLOAT, job, 14), three(sums, job, 17), two(_FLOAT, job, 21), job[24],
    )  # fmt: skip


@compiled
def _encoder(me, team, gate, job, narrow, asking, sums, stored):  # type: ignore[no-untyped-def]
    through_encoder(
        me, team, gate, two(_FLOAT, job, 2), two(_LONG, job, 5), two(_FLOAT, job, 8), two(_FLOAT, job, 11),
        two(stored, job, 14), two(_FLOAT, job, 17), two(stored, job, 20), two(_FLOAT, job, 23),
        (three(narrow, job, 26), three(narrow, job, 30), three(asking, job, 34), three(asking, job, 38)),
        three(sums, job, 42),
    )  # fmt: skip


@compiled
def _layer(me, team, gate, job, narrow, sums):  # type: ignore[no-untyped-def]
    through_layer(
        me, team, two(_FLOAT, job, 2), job[5], one(_FLOAT, job, 6), one(_FLOAT, job, 8), narrow, sums,
        two(_FLOAT, job, 10),
    )  # fmt: skip


@compiled
def _keep(me, team, job, stored):  # type: ignore[no-untyped-def]
    keep_heads(
        me, team, two(_FLOAT, job, 2), two(stored, job, 5), two(_FLOAT, job, 8), two(stored, job, 11),
        two(_FLOAT, job, 14),
    )  # fmt: skip


@compiled
def work(me, team, gate, job):  # type: ignore[no-untyped-def]
    """One thread's part of a job."""
    kind, whole = job[0], job[1] == 0
    if kind == LAYERS:
        if whole:
            _layers(me, team, gate, job, _ROWS, _I16, _I32)
        else:
            _layers(me, team, gate, job, _FLOAT, _FLOAT, _FLOAT)
    elif kind == HEAD:
        if whole:
            _head(me, team, gate, job, _ROWS, _I32)
        else:
            _head(me, team, gate, job, _FLOAT, _FLOAT)
    elif kind == ENCODER:
        if whole:
            _encoder(me, team, gate, job, _ROWS, _I16, _I32, _I8)
        else:
            _encoder(me, team, gate, job, _FLOAT, _FLOAT, _FLOAT, _FLOAT)
    elif kind == LAYER:
        if whole:
            _layer(me, team, gate, job, _ROWS, _I32)
        else:
            _layer(me, team, gate, job, _FLOAT, _FLOAT)
    elif kind == KEEP:
        if whole:
            _keep(me, team, job, _I8)
        else:
            _keep(me, team, job, _FLOAT)
    else:
        through_convolution(
            me, team, two(_FLOAT, job, 2), job[5], job[6], one(_FLOAT, job, 7), one(_FLOAT, job, 9),
            two(_FLOAT, job, 11),
        )  # fmt: skip
