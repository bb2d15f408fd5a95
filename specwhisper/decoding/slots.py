"""Many clips in one network: the rows of a batch and their buffers.

B slots are allocated once. The rows in use are always the first n, so that every pass works on plain
slices of the buffers; when a row in the middle leaves, the last one moves into its place.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from specwhisper.decoding.decision import Decided
from specwhisper.decoding.reader import Asked, NetworkReader, Pass
from specwhisper.network.caches import Audio
from specwhisper.network.kernels import Kernel
from specwhisper.network.network import Network
from specwhisper.network.small_head import SmallHead

PADDING = 0  # any id: what a padded position holds is never looked at
_FEW = 8  # logits beyond those asked for that are computed rather than left out


class Slots:
    """Static buffers for several clips in one network (see :class:`specwhisper.decoding.rows.Rows`).

    Per decoder layer a cross-attention cache, and a self-attention cache.
    Neither is ever cleared: a new clip overwrites the former, whose rest is masked when clips differ in
    length, and nothing beyond a row's own position is looked at in the latter.

    Args:
        size: rows at first; more when they are needed (:meth:`grow`).
    """

    decides = False

    def __init__(self, network: Network, size: int = 1) -> None:
        self.size = size
        self._network = network
        self._cache = network.new_cache(rows=size)
        self._audio = network.decoder.slots(size)
        self._readers: dict[int, NetworkReader] = {}

    def grow(self, size: int) -> None:
        """Have at least so many rows; those there are keep their places."""
        if size <= self.size:
            return
        cache = self._network.new_cache(rows=size)
        cache.buffer[:, :, : self.size] = self._cache.buffer
        self._cache = cache
        self._audio = self._audio.grown(size)
        self.size = size
        self._readers.clear()

    def admit(self, slot: int, audio: Audio) -> None:
        """Give a row its clip."""
        self._audio.admit(slot, audio)
        self._readers.pop(slot, None)

    def move(self, source: int, target: int) -> None:
        """Let the clip in one row go on in another."""
        self._audio.move(source, target)
        self._cache.buffer[:, :, target] = self._cache.buffer[:, :, source]
        self._readers.pop(target, None)

    def leave(self, slot: int) -> None:
        """The clip of this row is done."""
        self._audio.leave(slot)
        self._readers.pop(slot, None)

    def decide(self, asked: Sequence[Asked], first: int = 0, head: SmallHead | None = None) -> list[Decided]:
        """These rows hand out logits."""
        raise AssertionError("nobody asks for decisions where there are none")

    def alone(self, row: int) -> NetworkReader:
        """A reader of one clip, on its part of the buffers: passes as wide as those of single decoding."""
        reader = self._readers.get(row)
        if reader is None:
            cross, cache = self._audio.of(row, row + 1), self._cache.rows(row, row + 1)
            reader = self._readers[row] = NetworkReader(self._network, cross, cache)
        return reader

    def read(self, passes: Sequence[Pass], first: int = 0, head: Kernel | None = None) -> torch.Tensor:
        """One pass over the slots ``first``, ``first + 1``, ...

        ``head`` is another output head than the network's own.

        Rows that read less than the widest are padded on the right. What the padding writes lies beyond
        the row's own position, so the row's next pass overwrites it before anything looks at it.

        Returns:
            [wanted of all rows, V] float32: the logits asked for, row after row.
        """
        if len(passes) == 1 and len(passes[0].tokens) <= passes[0].wanted + _FEW:
            # Plain lists instead of tensors: a step of a small draft is so short that it shows.
            (one,) = passes
            logits = self.alone(first).read(one.tokens, one.start, head)
            return logits if len(logits) == one.wanted else logits[len(logits) - one.wanted :]
        device, last = self._network.device, first + len(passes)
        width = max(len(one.tokens) for one in passes)
        ids = torch.tensor([[*one.tokens, *[PADDING] * (width - len(one.tokens))] for one in passes])
        states = self._network.decoder.states(
            ids.to(device),
            self._start(passes, width),
            self._cache.rows(first, last),
            self._audio.of(first, last),
        )
        places = [
            row * width + position
            for row, one in enumerate(passes)
            for position in range(len(one.tokens) - one.wanted, len(one.tokens))
        ]
        wanted = states.flatten(0, 1)[torch.tensor(places, dtype=torch.long, device=device)]
        return self._network.decoder.logits(wanted, head)

    def _start(self, passes: Sequence[Pass], width: int) -> torch.Tensor | int:
        """One position where all rows go the same way (plain slices, no mask), else one per row."""
        start = passes[0].start
        if all(one.start == start and len(one.tokens) == width for one in passes):
            return start
        return torch.tensor([one.start for one in passes])
