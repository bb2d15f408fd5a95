"""The threads that share a pass.

They wait for the next job as they wait within one: some 50 microseconds awake, for in a decode loop it
comes sooner than that, and then asleep.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock, Thread, local

import numpy as np
import torch

from specwhisper.network.cpu.barrier import GATE, PHASES, open_now, open_phase, settled, wait
from specwhisper.network.cpu.jit import call, compiled
from specwhisper.network.cpu.jobs import ROOM, TEAM, Job, work_address
from specwhisper.own_threads import own_threads

MOST = 16
"""Threads of a pass: a decoder step is too little work for more."""

_LITTLE = 2_000_000  # bytes of weights times rows; less is done sooner than shared
_FOR_EVER = np.int64(1 << 62)
_LEADER = np.int64(0)  # a plain 0 is a type of its own to numba: all of a pass would be compiled once more


@compiled
def _serve(work, me, gate, written, jobs):  # type: ignore[no-untyped-def]
    """Take part in so many jobs, one after the other; ``work`` is where the machine code for them lies.

    A job is copied before it is looked at. The copy counts only if the job was written down when copying
    began, and no other was begun before it ended: whoever comes late may find one half written.
    """
    job = np.empty(ROOM, np.int64)
    last = np.int64(0)
    while last < jobs:
        wait(gate, (last + 1) * PHASES + 1)
        opened = open_now(gate)
        number = opened // PHASES
        if opened == number * PHASES:
            wait(gate, opened + 1)
        job[:] = written
        if settled(gate) // PHASES != number:
            continue
        call(work, me, gate.ctypes.data, number * PHASES + 1, job.ctypes.data)
        last = number


@compiled
def _lead(work, gate, written, number, job):  # type: ignore[no-untyped-def]
    """Write a job down for the others, do one's part of it, and return when all of it is done."""
    open_phase(gate, number * PHASES)
    written[: job.shape[0]] = job
    open_phase(gate, number * PHASES + 1)
    wait(gate, call(work, _LEADER, gate.ctypes.data, number * PHASES + 1, job.ctypes.data))


class ThreadPool:
    """So many threads, the caller's among them; for one job at a time."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.process = os.getpid()
        self._jobs = 0
        self._gate = np.zeros(GATE, np.int64)
        self._written = np.zeros(ROOM, np.int64)
        self._work = np.int64(work_address())
        if size > 1:
            # Compiled here, so that the first job finds everybody ready.
            _serve(self._work, _LEADER, self._gate, self._written, np.int64(0))
        for me in range(1, size):
            arguments = self._work, np.int64(me), self._gate, self._written, _FOR_EVER
            Thread(target=_serve, args=arguments, name=f"decoder-{me}", daemon=True).start()

    def run(self, job: Job) -> None:
        """Do a job together; returns when all of it is done."""
        self._jobs += 1
        job.written[TEAM] = self.size
        _lead(self._work, self._gate, self._written, self._jobs, job.written)


_LOCK = Lock()
_POOLS: dict[int, ThreadPool] = {}
_OWN = local()


def allowed() -> int:
    """Processors that this process may use: by its affinity, and by the quota of its control group."""
    try:
        there = len(os.sched_getaffinity(0))
    except AttributeError:  # not on this system
        there = os.cpu_count() or 1
    return max(1, min(there, _quota() or there))


def _quota() -> int | None:
    """Whole processors that the control group grants (cgroup v2, else v1); None without a limit."""
    try:
        granted, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
    except (OSError, ValueError):
        try:
            granted, period = (
                Path(f"/sys/fs/cgroup/cpu/cpu.cfs_{which}_us").read_text() for which in ("quota", "period")
            )
        except OSError:
            return None
    try:
        share = int(granted) / int(period)
    except (ValueError, ZeroDivisionError):  # "max"
        return None
    return max(1, round(share)) if share > 0 else None


def threads() -> int:
    """How many share the next job: as many as the library uses (``torch.get_num_threads``); inside
    :func:`exclusive_threads` at most as many as were asked for there.
    """
    there: int = getattr(_OWN, "threads", 0) or torch.get_num_threads()
    return min(there, MOST)


def run(amount: int, job: Job) -> None:
    """Do a job with the threads there are, one job at a time in a process.

    Args:
        amount: bytes of the weights times the rows: little is done by the caller alone.
        job: what to do.
    """
    with _LOCK:
        pool_of(threads() if amount > _LITTLE else 1).run(job)


def pool_of(size: int) -> ThreadPool:
    """The process's pool of so many threads."""
    pool = _POOLS.get(size)
    if pool is None or pool.process != os.getpid():  # threads do not survive a fork
        pool = _POOLS[size] = ThreadPool(size)
    return pool


@contextmanager
def exclusive_threads(most: int = MOST) -> Iterator[None]:
    """Keep the library to one thread while the calling thread works with a pool of its own.

    Args:
        most: threads of the pool, at most.

    The library's own threads go on looking for work for milliseconds after each of its operations, on the
    very processors that the pool needs: with them a step takes three times as long.
    """
    before = torch.get_num_threads()
    if before == 1:
        yield
        return
    _OWN.threads = min(before, most)
    try:
        with own_threads(1):
            yield
    finally:
        _OWN.threads = 0


@contextmanager
def library_threads(number: int) -> Iterator[None]:
    """So many threads for the library and for passes, and afterwards as many as there were.

    Those of threads that are born meanwhile stay.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def release_threads() -> Iterator[None]:
    """Inside :func:`exclusive_threads`, give the library its threads back for a while."""
    mine: int = getattr(_OWN, "threads", 0)
    if not mine:
        yield
        return
    _OWN.threads = 0
    try:
        with own_threads(mine):
            yield
    finally:
        _OWN.threads = mine
