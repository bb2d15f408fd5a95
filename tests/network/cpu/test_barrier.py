"""Phases shared by threads: every portion is done once, in order, however late a thread comes."""

from __future__ import annotations

import time
from threading import Thread

import numpy as np
import pytest

from specwhisper.network.cpu.barrier import GATE, claim, finish, open_now, open_phase, wait
from specwhisper.network.cpu.jit import compiled

PHASES, PORTIONS = 300, 7


@compiled
def _take_part(gate, done, order, phases, portions):
    """Count each portion, and note whether a phase was begun before the one before it was over."""
    for index in range(phases):
        phase = np.int64(index + 1)
        wait(gate, phase)
        part = claim(gate, phase, portions)
        while part >= 0:
            if index and done[index - 1].sum() != portions:
                order[0] += 1
            done[index, part] += 1
            finish(gate, phase, portions)
            part = claim(gate, phase, portions)
    wait(gate, np.int64(phases + 1))


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_every_portion_is_done_once_and_phases_keep_their_order(threads: int) -> None:
    for _ in range(20):
        gate, done = np.zeros(GATE, np.int64), np.zeros((PHASES, PORTIONS), np.int64)
        order = np.zeros(1, np.int64)
        arguments = gate, done, order, np.int64(PHASES), np.int64(PORTIONS)
        team = [Thread(target=_take_part, args=arguments) for _ in range(threads)]
        for thread in team:
            thread.start()
        open_phase(gate, np.int64(1))
        for thread in team:
            thread.join(30)
        assert (done == 1).all() and order[0] == 0 and open_now(gate) == PHASES + 1


def test_a_claim_of_a_phase_that_is_over_fails() -> None:
    gate = np.zeros(GATE, np.int64)
    open_phase(gate, np.int64(5))
    assert claim(gate, np.int64(4), 3) == -1
    assert [claim(gate, np.int64(5), 2) for _ in range(3)] == [0, 1, -1]
    finish(gate, np.int64(5), 2)
    assert open_now(gate) == 5
    finish(gate, np.int64(5), 2)
    assert open_now(gate) == 6 and claim(gate, np.int64(5), 9) == -1


def test_a_thread_that_waits_long_sleeps() -> None:
    gate = np.zeros(GATE, np.int64)
    used: list[float] = []

    def sleeper() -> None:
        before = time.thread_time()
        wait(gate, np.int64(1))
        used.append(time.thread_time() - before)

    wait(gate, np.int64(0))  # compiled
    thread = Thread(target=sleeper)
    thread.start()
    time.sleep(0.3)
    open_phase(gate, np.int64(1))
    thread.join(10)
    assert used and used[0] < 0.05
