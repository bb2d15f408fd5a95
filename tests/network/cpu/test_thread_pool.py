"""The threads of a pass: each job is done once, from what was written down for it."""

from __future__ import annotations

import time
from threading import Thread

import numpy as np

from specwhisper.network.cpu.barrier import GATE, PHASES, open_now, open_phase
from specwhisper.network.cpu.jobs import KEEP, ROOM, Job, work_address
from specwhisper.network.cpu.thread_pool import _serve
from specwhisper.network.dimensions import HEAD_SIZE


def keeping(number: float) -> tuple[Job, np.ndarray]:
    """A job of a single phase and portion, and the array that it fills with a number."""
    projected = np.full((HEAD_SIZE, 2 * HEAD_SIZE), number, np.float32)
    keys = np.zeros((1, HEAD_SIZE * HEAD_SIZE), np.float32)
    values, scales = np.zeros_like(keys), np.zeros((1, HEAD_SIZE), np.float32)
    return Job.of(KEEP, "fp32", projected, keys, scales, values, scales.copy()), keys


def test_a_thread_that_comes_while_a_job_is_written_down_waits_for_the_end_of_it() -> None:
    gate, written = np.zeros(GATE, np.int64), np.zeros(ROOM, np.int64)
    before, stale = keeping(1)
    job, keys = keeping(2)
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
    assert (keys == 2).all() and not stale.any()
