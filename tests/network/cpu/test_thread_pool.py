"""The threads of a pass: each job is done once, from what was written down for it."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Thread

import numpy as np

from specwhisper.network.cpu.barrier import GATE, PHASES, open_now, open_phase
from specwhisper.network.cpu.jobs import NARROW, ROOM, Job, work_address
from specwhisper.network.cpu.thread_pool import (
    _serve,
    exclusive_threads,
    library_threads,
    release_threads,
    threads,
)


def copying(number: float) -> tuple[Job, np.ndarray]:
    """A job of a single phase and portion, and the array that it fills with a number."""
    x, copy = np.full((1, 64), number, np.float32), np.zeros((1, 64), np.float32)
    return Job.of(NARROW, "fp32", x, copy, np.zeros(1, np.float32)), copy


def test_a_thread_that_comes_while_a_job_is_written_down_waits_for_the_end_of_it() -> None:
    gate, written = np.zeros(GATE, np.int64), np.zeros(ROOM, np.int64)
    before, stale = copying(1)
    job, copy = copying(2)
    written[: before.written.size] = before.written
    open_phase(gate, 2 * PHASES)  # the thread has missed job 1, and job 2 is not written yet
    work = np.int64(work_address())
    _serve(work, np.int64(1), gate, written, np.int64(0))  # compiled
    thread = Thread(target=_serve, args=(work, np.int64(1), gate, written, np.int64(2)))
    thread.start()
    time.sleep(0.2)
    written[: job.written.size] = job.written
    open_phase(gate, 2 * PHASES + 1)
    thread.join(10)
    assert not thread.is_alive() and open_now(gate) == 2 * PHASES + 2
    assert (copy == 2).all() and not stale.any()


def in_a_new_thread() -> int:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(threads).result()


def test_a_thread_that_is_born_while_another_one_works_has_as_many_as_it() -> None:
    with library_threads(3):
        with exclusive_threads():
            assert in_a_new_thread() == threads() == 3
            with release_threads():
                assert in_a_new_thread() == threads() == 3
            assert in_a_new_thread() == 3
        assert in_a_new_thread() == 3
