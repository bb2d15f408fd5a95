"""What this machine can do at best, measured: bytes per second from memory, float32 operations per second."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

GIB = 2**30
BIG = GIB  # larger than the caches of most machines; the largest servers hold part of it
SECONDS = 0.5  # per measurement


@dataclass(frozen=True, slots=True)
class Ceilings:
    """What the machine can do with ``threads`` threads.

    Attributes:
        read: bytes per second of summing 1 GiB.
        copy: bytes per second of copying 512 MiB, read and written bytes together.
        gemm: float32 operations per second of the best matrix product tried.
    """

    threads: int
    read: float
    copy: float
    gemm: float

    @property
    def bandwidth(self) -> float:
        """Bytes per second from memory: the better of both tests."""
        return max(self.read, self.copy)


def measure_ceilings(threads: int) -> Ceilings:
    """Measure; takes some seconds and a gibibyte of memory."""
    from specwhisper.network.cpu.thread_pool import library_threads

    with library_threads(threads):
        return Ceilings(threads, read_rate(BIG, threads), _copy_rate(), _gemm_rate())


def read_rate(size: int, threads: int) -> float:
    """Bytes per second of reading a buffer of that many bytes again and again.

    A decoder reads the same bytes at every step. Where they fit into the caches this is more than memory
    can deliver, and the honest ceiling for such a model.
    """
    import torch

    from specwhisper.network.cpu.thread_pool import library_threads

    buffer = torch.ones(max(size // 4, 1))
    with library_threads(threads):
        return buffer.nbytes / best_of(buffer.sum)


def _copy_rate() -> float:
    import torch

    source = torch.ones(BIG // 8)
    target = torch.empty_like(source)
    return BIG / best_of(lambda: target.copy_(source))


def _gemm_rate() -> float:
    """The shapes are those of encoders: 1,500 positions by 4 times the width."""
    import torch

    best = 0.0
    for width in (512, 1024, 2048):
        product = partial(
            torch.mm,
            torch.randn(1500, width),
            torch.randn(width, 4 * width),
            out=torch.empty(1500, 4 * width),
        )
        best = max(best, 2 * 1500 * width * 4 * width / best_of(product))
    return best


def best_of(work: Callable[[], object], seconds: float = SECONDS) -> float:
    """The shortest of as many repetitions as fit into the time (three at least), in seconds."""
    work()  # pages are mapped and threads started here
    best, began, done = float("inf"), time.perf_counter(), 0
    while done < 3 or time.perf_counter() - began < seconds:
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
        done += 1
    return best
