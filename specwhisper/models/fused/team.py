"""The threads of a pass: they start together, wait for each other between phases, and end together.

A pass has some forty phases of a few microseconds. Handing each to a pool would cost more than the work, so
a thread takes its part of all of them and waits in between by looking (and by yielding, where it takes long).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Lock, local
from typing import Any

import numpy as np
import torch
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from specwhisper.models.fused.jit import compiled

MOST = 16
"""Threads of a pass: a decoder step is too little work for more."""

_LITTLE = 12_000_000  # bytes times rows; some 0.2 ms of one thread

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

    @property
    def size(self) -> int:
        """Threads of the next pass."""
        there: int = getattr(_OWN, "threads", 0) or torch.get_num_threads()
        return min(there, MOST)

    def run(self, work: int, function: Callable[..., None], *arguments: Any) -> None:
        """``function(me, team, gate, *arguments)`` for ``me`` = 0, 1, ..., ``team`` - 1.

        ``work`` is the bytes of the weights times the rows: little is done sooner than handed to others.
        """
        team = self.size if work > _LITTLE else 1
        with self._lock:
            if team == 1:
                function(0, 1, self._gate, *arguments)
                return
            self._gate[0] = 0
            others = [
                self._helpers(team).submit(function, me, team, self._gate, *arguments)
                for me in range(1, team)
            ]
            function(0, team, self._gate, *arguments)
            for other in others:
                other.result()

    def _helpers(self, team: int) -> ThreadPoolExecutor:
        if self._pool is None or self._size < team - 1:
            if self._pool is not None:
                self._pool.shutdown()
            self._pool = ThreadPoolExecutor(team - 1, thread_name_prefix="decoder")
            self._size = team - 1
        return self._pool


TEAM = Team()

_OWN = local()


@contextmanager
def undisturbed() -> Iterator[None]:
    """Keep the library to one thread while the calling thread works with the team.

    The library's own threads go on looking for work for milliseconds after each of its operations, on the
    very processors that the team needs: with them a step takes three times as long.
    """
    threads = torch.get_num_threads()
    if threads == 1:
        yield
        return
    _OWN.threads = threads
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        _OWN.threads = 0
