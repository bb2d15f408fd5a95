"""How threads of a pass wait for each other: by looking at a number in memory.

A pass has some forty phases of a few microseconds. Handing each to a pool would cost more than the work, so
a thread takes its part of all of them and waits in between by looking (and by yielding, where it takes long).
"""

from __future__ import annotations

import os
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from specwhisper.models.fused.jit import compiled

PATIENCE = 4_000
"""Looks before a thread lets others have the processor."""

_I64 = ir.IntType(64)


def _place(context: Any, builder: Any, kind: Any, array: Any, index: Any) -> Any:
    data = context.make_array(kind)(context, builder, array).data
    address = builder.add(builder.ptrtoint(data, _I64), builder.mul(index, _I64(8)))
    return builder.inttoptr(address, ir.PointerType())


@intrinsic
def add_one(typing_context, numbers, index):  # type: ignore[no-untyped-def]
    """Raise an int64 by one, for all threads to see."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = _place(context, builder, signature.args[0], *arguments)
        return builder.atomic_rmw("add", place, _I64(1), "seq_cst")

    return types.int64(numbers, types.int64), generate


@intrinsic
def put(typing_context, numbers, index, value):  # type: ignore[no-untyped-def]
    """Set an int64, for all threads to see; returns what it was."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        numbers, index, value = arguments
        place = _place(context, builder, signature.args[0], numbers, index)
        return builder.atomic_rmw("xchg", place, value, "seq_cst")

    return types.int64(numbers, types.int64, types.int64), generate


@intrinsic
def look(typing_context, numbers, index):  # type: ignore[no-untyped-def]
    """An int64 as it stands, and everything that was written before it became so."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = _place(context, builder, signature.args[0], *arguments)
        return builder.load_atomic(place, "seq_cst", 8, typ=_I64)

    return types.int64(numbers, types.int64), generate


if os.name == "posix":
    give_way = types.ExternalFunction("sched_yield", types.int32())
    """Let another thread have the processor."""
else:

    @compiled
    def give_way():  # type: ignore[no-untyped-def]
        """There is nothing to call on this system: a thread goes on looking."""
        return 0


@compiled
def meet(gate, phase, team):  # type: ignore[no-untyped-def]
    """Wait until all of the team have ended their ``phase``-th phase (1, 2, ...); ``gate`` counts them."""
    if team > 1:
        add_one(gate, 0)
        looks = 0
        while look(gate, 0) < phase * team:
            looks += 1
            if looks > PATIENCE:
                give_way()
