"""One model reading one clip: the audio it heard and the tokens it has seen.

The decode loop knows a model only through :class:`Reader`, so that it runs unchanged on the real
network, on tiny random ones and on a scripted one in the tests.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch

from specwhisper.models.caches import CrossCache, SelfCache
from specwhisper.models.network import Network


class Reader(Protocol):
    """Something that continues token sequences."""

    def read(self, tokens: Sequence[int], start: int) -> torch.Tensor:
        """Read ``tokens`` at positions ``start``... and return the logits after each, [W, V] float32.

        What was read before ``start`` is remembered; what was read at or after it is forgotten.
        """
        ...


class NetworkReader:
    """A :class:`Reader` on a real network.

    Args:
        network: the model.
        cross: the clip's cross-attention keys and values, one row.
        cache: a one-row self-attention cache; it is reused from clip to clip without clearing, because
            nothing beyond ``start`` is ever looked at.
    """

    def __init__(self, network: Network, cross: CrossCache, cache: SelfCache) -> None:
        self._network = network
        self.cross = cross
        self._cache = cache

    def read(self, tokens: Sequence[int], start: int) -> torch.Tensor:
        ids = torch.tensor([tokens], device=self._network.device)
        return self._network.decoder(ids, start, self._cache, self.cross)[0]
