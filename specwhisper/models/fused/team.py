"""The threads of a pass: they start together, wait for each other between phases, and end together.

A pass has some forty phases of a few microseconds. Handing each to a pool would cost more than the work, so
a thread takes its part of all of them and waits in between by looking (and by yielding, where it takes long).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import Any

import numpy as np
import torch
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from specwhisper.models.fused.jit import compiled

MOST = 16
"""Threads of a pass: a decoder step is too little work for more."""

_PATIENCE = 4_000  # looks before a thread lets others have the processor


@intrinsic
def _arrive(typing_context, gate):  # type: ignore[no-untyped-def]
    """Add one to the counter, for all threads to see."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        return builder.atomic_rmw("add", array.data, ir.Constant(ir.IntType(64), 1), "seq_cst")

    return types.int64(gate), generate


@intrinsic
def _arrived(typing_context, gate):  # type: ignore[no-untyped-def]
    """The counter as it stands, and everything the others wrote before they raised it."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        return builder.load_atomic(array.data, "acquire", 8, typ=ir.IntType(64))

    return types.int64(gate), generate


if os.name == "posix":
    _give_way = types.ExternalFunction("sched_yield", types.int32())
else:

    @compiled
    def _give_way():  # type: ignore[no-untyped-def]
        return 0


@compiled
def meet(gate, phase, team):  # type: ignore[no-untyped-def]
    """Wait until all of the team have ended their ``phase``-th phase (1, 2, ...)."""
    if team > 1:
        _arrive(gate)
        looks = 0
        while _arrived(gate) < phase * team:
            looks += 1
            if looks > _PATIENCE:
                _give_way()


class Team:
    """Runs a compiled function on as many threads as the library uses (``torch.get_num_threads``).

    One pass at a time in a process: two would take each other's processors.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._gate = np.zeros(1, np.int64)
        self._pool: ThreadPoolExecutor | None = None
        self._size = 0

    def run(self, function: Callable[..., None], *arguments: Any) -> None:
        """``function(me, team, gate, *arguments)`` for ``me`` = 0, 1, ..., ``team`` - 1."""
        team = min(torch.get_num_threads(), MOST)
        with self._lock:
            if team == 1:
                function(0, 1, self._gate, *arguments)
                return
            self._gate[0] = 0
            others = [self._helpers(team).submit(function, me, team, self._gate, *arguments) for me in range(1, team)]
            function(0, team, self._gate, *arguments)
            for other in others:
                _ended(other)

    def _helpers(self, team: int) -> ThreadPoolExecutor:
        if self._pool is None or self._size < team - 1:
            if self._pool is not None:
                self._pool.shutdown()
            self._pool = ThreadPoolExecutor(team - 1, thread_name_prefix="decoder")
            self._size = team - 1
        return self._pool


def _ended(other: Future[None]) -> None:
    other.result()


TEAM = Team()
