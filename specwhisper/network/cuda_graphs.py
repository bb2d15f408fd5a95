"""Passes recorded once and replayed: what makes small steps quick on a GPU.

An eager step of a large decoder is some 700 kernel launches, and launching takes longer than running them.
A CUDA graph (``torch.cuda.CUDAGraph``) launches them all at once; it needs the same memory and the same
shapes every time, so there is one per width, tokens and position arrive in fixed buffers, and the position
never leaves the device (:class:`specwhisper.network.caches.Static`).

Written without a card at hand: the tests run the static passes eagerly on a CPU, and recording is tried on
one only by ``python -m specwhisper.evaluation.gpu``. Nothing uses it by default until that was done.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from specwhisper.network.caches import CrossCache, SelfCache
from specwhisper.network.network import Network

_WARM_UPS = 3  # runs before recording: libraries choose kernels and allocate workspaces in the first ones


class Graphs:
    """The recorded passes of one network over one clip at a time.

    Args:
        network: the model.
        record: whether to record; None does on a CUDA device. Without recording the same static passes run
            eagerly.
    """

    def __init__(self, network: Network, *, record: bool | None = None) -> None:
        self.network = network
        self._record = network.device.type == "cuda" if record is None else record
        self._cache: SelfCache = network.new_cache()
        self._start = torch.zeros((), dtype=torch.long, device=network.device)
        self._cross: CrossCache | None = None
        self._passes: dict[int, _Pass] = {}

    @torch.inference_mode()
    def reader_of(self, cross: CrossCache) -> GraphedReader:
        """A reader of a clip; whoever read the previous one must be done with it."""
        if self._cross is None or _shapes(self._cross) != _shapes(cross):
            # Another length of audio is other memory, and every recording is of the old one.
            self._cross = CrossCache(tuple((keys.clone(), values.clone()) for keys, values in cross.layers))
            self._passes.clear()
        else:
            for held, new in zip(self._cross.layers, cross.layers, strict=True):
                for buffer, tensor in zip(held, new, strict=True):
                    buffer.copy_(tensor)
        return GraphedReader(self, cross)

    @torch.inference_mode()
    def read(self, tokens: Sequence[int], start: int) -> torch.Tensor:
        """As ``Reader.read``; the logits [W, V] are valid until the next pass of the same width."""
        width = len(tokens)
        if width not in self._passes:
            self._passes[width] = self._made(width)
        one = self._passes[width]
        one.tokens.copy_(torch.tensor([tokens]))
        self._start.fill_(start)
        return one.run()[0]

    def _made(self, width: int) -> _Pass:
        assert self._cross is not None
        cross, tokens = self._cross, torch.zeros(1, width, dtype=torch.long, device=self.network.device)

        def run() -> torch.Tensor:
            return self.network.decoder(tokens, self._start, self._cache, cross)

        return _Pass(tokens, _recorded(run) if self._record else run)


class GraphedReader:
    """A ``Reader`` whose passes are replayed."""

    def __init__(self, graphs: Graphs, cross: CrossCache) -> None:
        self._graphs = graphs
        self.cross = cross

    def read(self, tokens: Sequence[int], start: int) -> torch.Tensor:
        return self._graphs.read(tokens, start)


class _Pass:
    """One width: where its tokens are put, and what runs it."""

    def __init__(self, tokens: torch.Tensor, run: Callable[[], torch.Tensor]) -> None:
        self.tokens = tokens
        self.run = run


def _recorded(run: Callable[[], torch.Tensor]) -> Callable[[], torch.Tensor]:
    """The same work as a graph that is replayed."""
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(_WARM_UPS):
            run()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        result = run()

    def replay() -> torch.Tensor:
        graph.replay()
        return result

    return replay


def _shapes(cross: CrossCache) -> list[torch.Size]:
    return [tensor.shape for pair in cross.layers for tensor in pair]
