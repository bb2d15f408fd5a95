"""Passes recorded once and replayed: what makes small steps quick on a card.

An eager step of a large decoder is some 700 kernel launches, and launching takes longer than running them. A
CUDA graph (``torch.cuda.CUDAGraph``) launches them all at once; it needs the same memory and the same shapes
every time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

NO_MEMORY = "there was not enough memory to record passes"

_WARM_UPS = 3  # runs before recording: libraries choose kernels and allocate workspaces in the first ones


class Recorder:
    """Records work on one card; all recordings share one pool of memory, for they run one after the other.

    Attributes:
        why_not: why nothing is recorded; empty where recording works.
    """

    def __init__(self, device: torch.device, why_not: str = "") -> None:
        self.why_not = why_not
        self._device = device
        self._stream: Any = None
        self._pool: Any = None

    def recorded(self, work: Callable[[], None]) -> Callable[[], None]:
        """What does the same work: the recording, or the work itself where nothing is recorded.

        It is run a few times. Whatever it reads and writes has to stay where it is.
        """
        if self.why_not:
            return work
        if self._stream is None:
            self._stream = torch.cuda.Stream(self._device)
            self._pool = torch.cuda.graph_pool_handle()
        self._stream.wait_stream(torch.cuda.current_stream(self._device))
        with torch.cuda.stream(self._stream):
            for _ in range(_WARM_UPS):
                work()
        torch.cuda.current_stream(self._device).wait_stream(self._stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self._pool, stream=self._stream, capture_error_mode="thread_local"):
            work()
        return graph.replay
