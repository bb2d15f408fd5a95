"""How threads share the phases of a job and wait for one another.

A job (one pass of a decoder, say) is a sequence of phases of some microseconds each. A phase is cut into
portions; whoever is free claims the next one, and the phase is over when every portion is done, however
many threads took part. So a thread that the system has set aside delays the others only by the portion
it holds, and one that comes late goes straight to the phase that the others are in.

All threads see one word in memory: the number of the open phase, counted through all jobs, and the next
portion of it. A claim is a compare-and-swap on that word, so a claim of a phase that is over fails: a late
thread can neither take work twice nor touch the arrays of a job that has ended.

A thread that waits looks at the word some :data:`LOOKS` times, which is about 50 microseconds, and then
sleeps (on Linux in a futex: U. Drepper, "Futexes Are Tricky", 2011), so that whatever else runs on the
processor gets it.
"""

from __future__ import annotations

import platform
import sys
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from specwhisper.network.cpu.jit import compiled

_X86 = platform.machine().lower() in ("x86_64", "amd64")

LOOKS = 1_000 if _X86 else 20_000
"""Looks before a thread sleeps; on x86 each comes with a pause instruction of 40 to 140 cycles."""

PHASES = np.int64(1 << 12)
"""More phases than any job has: the open phase of job n is n x PHASES + 1 for its first, and so on. Phase 0
of a job is the time in which it is written down; nothing can be claimed then."""

_PORTION_BITS = 16
_PORTIONS = np.int64((1 << _PORTION_BITS) - 1)
_LINE = 8  # int64 numbers of a cache line: each shared word has one of its own
_OPEN, _DONE, _EVENT, _SLEEPERS = np.int64(0), np.int64(_LINE), np.int64(2 * _LINE), np.int64(3 * _LINE)
GATE = 4 * _LINE
"""int64 numbers that the threads of a job share."""

_I32, _I64 = ir.IntType(32), ir.IntType(64)


def _place(context: Any, builder: Any, kind: Any, array: Any, index: Any) -> Any:
    data = context.make_array(kind)(context, builder, array).data
    address = builder.add(builder.ptrtoint(data, _I64), builder.mul(index, _I64(8)))
    return builder.inttoptr(address, ir.PointerType())


@intrinsic
def add(typing_context, numbers, index, amount):  # type: ignore[no-untyped-def]
    """Add to an int64, for all threads to see; returns what it was."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        numbers, index, amount = arguments
        place = _place(context, builder, signature.args[0], numbers, index)
        return builder.atomic_rmw("add", place, amount, "seq_cst")

    return types.int64(numbers, types.int64, types.int64), generate


@intrinsic
def store(typing_context, numbers, index, value):  # type: ignore[no-untyped-def]
    """Set an int64, for all threads to see."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        numbers, index, value = arguments
        place = _place(context, builder, signature.args[0], numbers, index)
        builder.atomic_rmw("xchg", place, value, "seq_cst")
        return context.get_dummy_value()

    return types.void(numbers, types.int64, types.int64), generate


@intrinsic
def load(typing_context, numbers, index):  # type: ignore[no-untyped-def]
    """An int64 as it stands, and everything that was written before it became so."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = _place(context, builder, signature.args[0], *arguments)
        return builder.load_atomic(place, "seq_cst", 8, typ=_I64)

    return types.int64(numbers, types.int64), generate


@intrinsic
def _swap(typing_context, numbers, index, expected, value):  # type: ignore[no-untyped-def]
    """Set an int64 if it is what is expected; returns what it was."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        numbers, index, expected, value = arguments
        place = _place(context, builder, signature.args[0], numbers, index)
        return builder.extract_value(builder.cmpxchg(place, expected, value, "seq_cst", "seq_cst"), 0)

    return types.int64(numbers, types.int64, types.int64, types.int64), generate


@intrinsic
def _pause(typing_context):  # type: ignore[no-untyped-def]
    """Tell the processor that this loop only waits."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        if _X86:
            kind = ir.FunctionType(ir.VoidType(), [])
            name = "llvm.x86.sse2.pause"
            builder.call(builder.module.globals.get(name) or ir.Function(builder.module, kind, name), [])
        return context.get_dummy_value()

    return types.void(), generate


_FUTEX = {"x86_64": 202, "aarch64": 98}.get(platform.machine()) if sys.platform == "linux" else None
_WAIT, _WAKE = 128, 129  # FUTEX_WAIT, FUTEX_WAKE, each with FUTEX_PRIVATE_FLAG


@intrinsic
def _futex(typing_context, numbers, index, what, value):  # type: ignore[no-untyped-def]
    """The system call futex(2) on the lower half of an int64."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        numbers, index, what, value = arguments
        place = _place(context, builder, signature.args[0], numbers, index)
        kind = ir.FunctionType(_I64, [_I64], var_arg=True)
        name = "syscall"
        call = builder.module.globals.get(name) or ir.Function(builder.module, kind, name)
        nothing = _I64(0)
        builder.call(call, [_I64(_FUTEX), place, what, value, nothing, nothing, nothing])
        return context.get_dummy_value()

    return types.void(numbers, types.int64, types.int64, types.int64), generate


if _FUTEX is not None:

    @compiled
    def _sleep(gate, event):  # type: ignore[no-untyped-def]
        """Sleep until somebody calls :func:`_wake`, unless that happened since ``event`` was read."""
        _futex(gate, _EVENT, np.int64(_WAIT), event & np.int64(0xFFFFFFFF))

    @compiled
    def _wake(gate):  # type: ignore[no-untyped-def]
        _futex(gate, _EVENT, np.int64(_WAKE), np.int64(0x7FFFFFFF))

elif sys.platform == "win32":
    _rest = types.ExternalFunction("SwitchToThread", types.int32())

    @compiled
    def _sleep(gate, event):  # type: ignore[no-untyped-def]
        """Nothing to sleep on is known here: let another thread have the processor."""
        _rest()

    @compiled
    def _wake(gate):  # type: ignore[no-untyped-def]
        return

else:
    _rest = types.ExternalFunction("usleep", types.int32(types.uint32))

    @compiled
    def _sleep(gate, event):  # type: ignore[no-untyped-def]
        """Nothing to sleep on is known here: look again after a while."""
        _rest(np.uint32(50))

    @compiled
    def _wake(gate):  # type: ignore[no-untyped-def]
        return


@compiled
def open_phase(gate, phase):  # type: ignore[no-untyped-def]
    """Let threads claim portions of this phase."""
    store(gate, _DONE, np.int64(0))
    store(gate, _OPEN, phase << np.int64(_PORTION_BITS))
    add(gate, _EVENT, np.int64(1))
    if load(gate, _SLEEPERS) > 0:
        _wake(gate)


@compiled
def open_now(gate):  # type: ignore[no-untyped-def]
    """The number of the open phase."""
    return load(gate, _OPEN) >> np.int64(_PORTION_BITS)


@compiled
def settled(gate):  # type: ignore[no-untyped-def]
    """As :func:`open_now`, after everything that was read before: an addition, because nothing may be moved
    from before it to behind it.
    """
    return add(gate, _OPEN, np.int64(0)) >> np.int64(_PORTION_BITS)


@compiled
def wait(gate, phase):  # type: ignore[no-untyped-def]
    """Wait until this phase, or a later one, is open."""
    looks = 0
    while open_now(gate) < phase:
        _pause()
        looks += 1
        if looks > LOOKS:
            event = load(gate, _EVENT)
            # Counted before the last look: whoever opens the phase looks for sleepers after that.
            add(gate, _SLEEPERS, np.int64(1))
            if open_now(gate) < phase:
                _sleep(gate, event)
            add(gate, _SLEEPERS, np.int64(-1))


@compiled
def claim(gate, phase, portions):  # type: ignore[no-untyped-def]
    """The number of a portion that nobody else does; -1 when there is none left, or the phase is over."""
    word = load(gate, _OPEN)
    while word >> np.int64(_PORTION_BITS) == phase and (word & _PORTIONS) < portions:
        seen = _swap(gate, _OPEN, word, word + np.int64(1))
        if seen == word:
            return word & _PORTIONS
        word = seen
    return np.int64(-1)


@compiled
def finish(gate, phase, portions):  # type: ignore[no-untyped-def]
    """Say that a claimed portion is done; the last one of a phase opens the next."""
    if add(gate, _DONE, np.int64(1)) + 1 == portions:
        open_phase(gate, phase + 1)
