"""Many clips in one network: the rows of a batch and their buffers.

B slots are allocated once. The rows in use are always the first n, so that every pass works on plain
slices of the buffers; when a row in the middle leaves, the last one moves into its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from specwhisper.decoding.reader import NetworkReader
from specwhisper.models.caches import Audio
from specwhisper.models.kernels import Kernel
from specwhisper.models.network import Network

PADDING = 0  # any id: what a padded position holds is never looked at


@dataclass(frozen=True, slots=True)
class Pass:
    """What one row reads in a pass.

    Attributes:
        tokens: ids, any number of them; none for a row that only stands between two that read.
        start: position of the first; the row's cache holds everything before it.
        wanted: the logits after so many of the last tokens are asked for.
    """

    tokens: Sequence[int]
    start: int
    wanted: int


class Slots:
    """Static buffers for ``size`` clips in one network.

    Per decoder layer a cross-attention cache, and a self-attention cache.
    Neither is ever cleared: a new clip overwrites the former, whose rest is masked when clips differ in
    length, and nothing beyond a row's own position is looked at in the latter.
    """

    def __init__(self, network: Network, size: int) -> None:
        self.size = size
        self.context = network.dims.text_context
        self._network = network
        self._cache = network.new_cache(rows=size)
        self._audio = network.decoder.slots(size)

    def admit(self, slot: int, audio: Audio) -> None:
        """Let a slot hear a clip."""
        self._audio.admit(slot, audio)

    def move(self, source: int, target: int) -> None:
        """Let the clip in one slot go on in another."""
        self._audio.move(source, target)
        self._cache.buffer[:, :, target] = self._cache.buffer[:, :, source]

    def alone(self, slot: int) -> NetworkReader:
        """A reader of one clip, on its part of the buffers: passes as wide as those of single decoding."""
        return NetworkReader(self._network, self._audio.of(slot, slot + 1), self._cache.rows(slot, slot + 1))

    def read(self, passes: Sequence[Pass], first: int = 0, head: Kernel | None = None) -> torch.Tensor:
        """One pass over the slots ``first``, ``first + 1``, ...

        ``head`` is another output head than the network's own.

        Rows that read less than the widest are padded on the right. What the padding writes lies beyond
        the row's own position, so the row's next pass overwrites it before anything looks at it.

        Returns:
            [wanted of all rows, V] float32: the logits asked for, row after row.
        """
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
        return torch.tensor([one.start for one in passes], device=self._network.device)
