"""What threads can be given to do, as a list of integers: sizes, and addresses of the arrays to work on.

Integers, because threads take a job from memory without asking the interpreter.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, get_args

import numpy as np
from llvmlite import ir
from numba import carray, types
from numba.extending import intrinsic

from specwhisper.network.cpu.barrier import GATE
from specwhisper.network.cpu.denormals import control, flushing, set_control
from specwhisper.network.cpu.encode import through_convolution, through_encoder
from specwhisper.network.cpu.jit import address_of, compiled, once
from specwhisper.network.cpu.matrix_unit import BUILT
from specwhisper.network.cpu.pack_kv import keep_heads
from specwhisper.network.cpu.packing import KINDS, Numbers
from specwhisper.network.cpu.passes import through_head, through_layers
from specwhisper.network.cpu.wide import through_layer, through_narrowing

LAYERS, HEAD, ENCODER, LAYER, CONVOLUTION, NARROW, KEEP = range(7)

ROOM = 128
"""Numbers that a job is written in, at most."""

_NUMBERS: tuple[Numbers, ...] = get_args(Numbers)

TEAM = np.int64(2)
"""Where a job says how many threads it is cut for; the pool writes it."""


@dataclass(frozen=True)
class Job:
    """Something to do.

    Attributes:
        written: its kind, its numbers and threads, then every array's address and shape and every number.
        parts: the arrays themselves, which must live as long as somebody works on them.
    """

    written: np.ndarray
    parts: tuple[np.ndarray | int, ...]

    @classmethod
    def of(cls, kind: int, numbers: Numbers, *parts: np.ndarray | int, keep: np.ndarray | None = None) -> Job:
        """Write a job down.

        Args:
            keep: an array whose address is among the parts, and which nobody else holds.

        Raises:
            ValueError: an array does not lie in memory row by row; only addresses and shapes are passed on.
        """
        written = [kind, _NUMBERS.index(numbers), 1]
        for part in parts:
            if isinstance(part, int):
                written.append(part)
            elif part.flags.c_contiguous:
                written += (part.ctypes.data, *part.shape)
            else:
                raise ValueError("a job takes arrays that lie in memory row by row")
        return cls(np.array(written, np.int64), parts if keep is None else (*parts, keep))


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
_PARTS = np.zeros(
    0, KINDS["bf16x3"].rows if BUILT else np.float32
)  # elsewhere nobody waits for it to compile


@compiled
def _layers(me, gate, phase, job, narrow, asking, sums):  # type: ignore[no-untyped-def]
    return through_layers(
        me, gate, phase, two(_FLOAT, job, 3), one(_LONG, job, 6), one(_LONG, job, 8), job[10],
        three(_LONG, job, 11), one(_LONG, job, 15), two(_LONG, job, 17), two(_FLOAT, job, 20),
        (
            two(_FLOAT, job, 23), two(_FLOAT, job, 26), two(_FLOAT, job, 29),
            four(_FLOAT, job, 32), three(_FLOAT, job, 37), two(_FLOAT, job, 41),
        ),
        (three(narrow, job, 44), three(narrow, job, 48), three(asking, job, 52), three(asking, job, 56)),
        three(sums, job, 60), three(_FLOAT, job, 64), two(_FLOAT, job, 68), job[71],
    )  # fmt: skip


@compiled
def _head(me, gate, phase, job, narrow, sums):  # type: ignore[no-untyped-def]
    return through_head(
        me, gate, phase, two(_FLOAT, job, 3), job[6], one(_FLOAT, job, 7), one(_FLOAT, job, 9),
        three(narrow, job, 11), two(_FLOAT, job, 15), three(sums, job, 18), two(_FLOAT, job, 22), job[25],
    )  # fmt: skip


@compiled
def _encoder(gate, phase, job, narrow, asking, sums, stored):  # type: ignore[no-untyped-def]
    return through_encoder(
        job[TEAM], gate, phase, two(_FLOAT, job, 3), two(_LONG, job, 6), two(_FLOAT, job, 9),
        two(_FLOAT, job, 12), two(stored, job, 15), two(_FLOAT, job, 18), two(stored, job, 21),
        two(_FLOAT, job, 24), job[27], narrow, asking, sums,
    )  # fmt: skip


@compiled
def _layer(gate, phase, job, narrow, sums):  # type: ignore[no-untyped-def]
    return through_layer(
        job[TEAM], gate, phase, two(_FLOAT, job, 3), job[6], one(_FLOAT, job, 7), one(_FLOAT, job, 9),
        narrow, sums, two(_FLOAT, job, 11), job[14],
    )  # fmt: skip


@compiled
def _narrow(gate, phase, job, narrow):  # type: ignore[no-untyped-def]
    return through_narrowing(
        job[TEAM], gate, phase, two(_FLOAT, job, 3), two(narrow, job, 6), one(_FLOAT, job, 9)
    )


@compiled
def _keep(gate, phase, job, narrow, sums, stored):  # type: ignore[no-untyped-def]
    return keep_heads(
        gate, phase, two(narrow, job, 3), one(_FLOAT, job, 6), job[8], one(_FLOAT, job, 9),
        one(_FLOAT, job, 11), two(stored, job, 13), two(_FLOAT, job, 16), two(stored, job, 19),
        two(_FLOAT, job, 22), job[25], sums,
    )  # fmt: skip


def work(me, gate, phase, job):  # type: ignore[no-untyped-def]
    """One thread's part of a job whose first phase has this number; returns the phase after its last.

    ``gate`` and ``job`` are the addresses of what threads share and of the job. Denormal numbers count as 0
    meanwhile (see :mod:`denormals`).
    """
    before = control()
    set_control(flushing(before))
    phase = _work(me, carray(_pointer(_LONG, gate), (GATE,)), phase, carray(_pointer(_LONG, job), (ROOM,)))
    set_control(before)
    return phase


@lru_cache(maxsize=1)
def work_address() -> int:
    """Where the machine code of :func:`work` lies: compiled here, if no process has done it before."""
    return address_of(work, types.int64(*[types.int64] * 4))


@compiled
def _work(me, gate, phase, job):  # type: ignore[no-untyped-def]
    once()
    kind, whole, parts = job[0], job[1] == 0, job[1] == 2
    if kind == LAYERS:
        if whole:
            return _layers(me, gate, phase, job, _ROWS, _I16, _I32)
        return _layers(me, gate, phase, job, _FLOAT, _FLOAT, _FLOAT)
    if kind == HEAD:
        if whole:
            return _head(me, gate, phase, job, _ROWS, _I32)
        return _head(me, gate, phase, job, _FLOAT, _FLOAT)
    if kind == ENCODER:
        if whole:
            return _encoder(gate, phase, job, _ROWS, _I16, _I32, _I8)
        if parts:
            return _encoder(gate, phase, job, _PARTS, _FLOAT, _FLOAT, _FLOAT)
        return _encoder(gate, phase, job, _FLOAT, _FLOAT, _FLOAT, _FLOAT)
    if kind == LAYER:
        if whole:
            return _layer(gate, phase, job, _ROWS, _I32)
        if parts:
            return _layer(gate, phase, job, _PARTS, _FLOAT)
        return _layer(gate, phase, job, _FLOAT, _FLOAT)
    if kind == KEEP:
        if whole:
            return _keep(gate, phase, job, _ROWS, _I32, _I8)
        if parts:
            return _keep(gate, phase, job, _PARTS, _FLOAT, _FLOAT)
        return _keep(gate, phase, job, _FLOAT, _FLOAT, _FLOAT)
    if kind == NARROW:
        if whole:
            return _narrow(gate, phase, job, _ROWS)
        return _narrow(gate, phase, job, _PARTS) if parts else _narrow(gate, phase, job, _FLOAT)
    return through_convolution(
        job[TEAM], gate, phase, two(_FLOAT, job, 3), job[6], job[7], one(_FLOAT, job, 8),
        one(_FLOAT, job, 10), two(_FLOAT, job, 12),
    )  # fmt: skip
