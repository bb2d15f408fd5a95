"""The threads that share a pass.

They are kept awake for a millisecond after each job, for in a decode loop the next one comes sooner than
that; then they sleep until they are called.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Lock, Thread, local

import numpy as np
import torch

from specwhisper.models.fused.jit import compiled
from specwhisper.models.fused.jobs import Job, one, work
from specwhisper.models.fused.meeting import PATIENCE, add_one, give_way, look, put

MOST = 16
"""Threads of a pass: a decoder step is too little work for more."""

_LITTLE = 2_000_000  # bytes of weights times rows; less is done sooner than shared
_SLEEPY = PATIENCE + 2_000  # looks (the later ones with a yield each) before a helper goes to sleep

_TICKET, _JOB, _LENGTH, _ASLEEP = 0, 1, 2, 3  # places in the box
_DONE = 1  # place of the gate that counts helpers who are done; place 0 is for meetings
_LEADER = np.int64(0)  # a plain 0 is a type of its own to numba: all of a pass would be compiled once more
_LONG = np.zeros(0, np.int64)


@compiled
def _serve(me, team, box, gate, last):  # type: ignore[no-untyped-def]
    """Take part in job after job; returns the last one's ticket when none has come for a while."""
    put(box, _ASLEEP + me, 0)
    while True:
        looks = 0
        while look(box, _TICKET) == last:
            looks += 1
            if looks > PATIENCE:
                give_way()
            if looks > _SLEEPY:
                put(box, _ASLEEP + me, 1)
                # Whoever posts a job raises the ticket first and looks who sleeps then: one of us sees.
                if look(box, _TICKET) == last:
                    return last
                put(box, _ASLEEP + me, 0)
        last = look(box, _TICKET)
        work(me, team, gate, one(_LONG, box, _JOB))
        add_one(gate, _DONE)


@compiled
def _post(team, box, gate, address, length):  # type: ignore[no-untyped-def]
    """Lay out a job; returns how many helpers must be called for it."""
    put(gate, 0, 0)
    put(gate, _DONE, 0)
    put(box, _JOB, address)
    put(box, _LENGTH, length)
    add_one(box, _TICKET)
    asleep = 0
    for helper in range(1, team):
        asleep += look(box, _ASLEEP + helper)
    return asleep


@compiled
def _lead(team, gate, job):  # type: ignore[no-untyped-def]
    """Do one's own part and wait for the others."""
    work(_LEADER, team, gate, job)
    looks = 0
    while look(gate, _DONE) < team - 1:
        looks += 1
        if looks > PATIENCE:
            give_way()


class Team:
    """So many threads, the caller's among them; for one job at a time."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.process = os.getpid()
        self._box = np.zeros(_ASLEEP + size, np.int64)
        self._gate = np.zeros(2, np.int64)
        self._called = [Event() for _ in range(1, size)]
        for me, called in enumerate(self._called, 1):
            self._box[_ASLEEP + me] = 1
            Thread(target=self._help, args=(me, called), name=f"decoder-{me}", daemon=True).start()

    def run(self, job: Job) -> None:
        """Do a job together; returns when all of it is done."""
        written = job.written
        if self.size == 1:
            work(0, 1, self._gate, written)
            return
        try:
            if _post(self.size, self._box, self._gate, written.ctypes.data, written.size):
                for called in self._called:
                    called.set()
        finally:
            _lead(self.size, self._gate, written)

    def _help(self, me: int, called: Event) -> None:
        last = 0
        while called.wait():
            called.clear()
            last = _serve(me, self.size, self._box, self._gate, last)


_LOCK = Lock()
_TEAMS: dict[int, Team] = {}
_OWN = local()


def threads() -> int:
    """How many share the next job: as many as the library uses (``torch.get_num_threads``)."""
    there: int = getattr(_OWN, "threads", 0) or torch.get_num_threads()
    return min(there, MOST)


def run(amount: int, job: Job) -> None:
    """Do a job with the threads there are, one job at a time in a process.

    Args:
        amount: bytes of the weights times the rows: little is done by the caller alone.
        job: what to do.
    """
    with _LOCK:
        _team(threads() if amount > _LITTLE else 1).run(job)


def _team(size: int) -> Team:
    team = _TEAMS.get(size)
    if team is None or team.process != os.getpid():  # threads do not survive a fork
        team = _TEAMS[size] = Team(size)
    return team


@contextmanager
def undisturbed() -> Iterator[None]:
    """Keep the library to one thread while the calling thread works with a team.

    The library's own threads go on looking for work for milliseconds after each of its operations, on the
    very processors that the team needs: with them a step takes three times as long.
    """
    before = torch.get_num_threads()
    if before == 1:
        yield
        return
    _OWN.threads = before
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
        _OWN.threads = 0


@contextmanager
def at_ease() -> Iterator[None]:
    """Inside :func:`undisturbed`, give the library its threads back for a while: others are at work."""
    mine: int = getattr(_OWN, "threads", 0)
    if not mine:
        yield
        return
    torch.set_num_threads(mine)
    _OWN.threads = 0
    try:
        yield
    finally:
        torch.set_num_threads(1)
        _OWN.threads = mine
