"""What the decode loop asks of a network: tokens are read, each row at its own place, and logits come back.

A row is one window that is being written. The loop knows a network only through :class:`Rows`, and one row of
it through :class:`Reader`, so that it runs unchanged on the real network, on tiny random ones and on a
scripted one in the tests.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import torch

from specwhisper.decoding.decision import Decided
from specwhisper.network.caches import Audio, SelfCache
from specwhisper.network.kernels import Kernel
from specwhisper.network.network import Network
from specwhisper.network.small_head import SmallHead
from specwhisper.vocabulary.grammar import State


class Reader(Protocol):
    """Something that continues token sequences."""

    def read(self, tokens: Sequence[int], start: int) -> torch.Tensor:
        """Read ``tokens`` at positions ``start``... and return the logits after each, [W, V] float32.

        What was read before ``start`` is remembered; what was read at or after it is forgotten.
        """
        ...


class Pass(NamedTuple):
    """What one row reads in a pass.

    Attributes:
        tokens: ids, any number of them; none for a row that only stands between two that read.
        start: position of the first; the row's cache holds everything before it.
        wanted: the logits after so many of the last tokens are asked for.
    """

    tokens: Sequence[int]
    start: int
    wanted: int


class Asked(NamedTuple):
    """What one row reads in a pass that is decided on the device.

    Attributes:
        tokens: ids, any number of them; none for a row that only stands between two that read.
        start: position of the first; the row's cache holds everything before it.
        states: of the last so many tokens, whose continuations are asked for.
    """

    tokens: Sequence[int]
    start: int
    states: Sequence[State]


class Rows(Protocol):
    """A network reading several windows side by side.

    Attributes:
        decides: whether it can say itself what follows (:meth:`decide`), so that no logits need to travel.
    """

    decides: bool

    def read(self, passes: Sequence[Pass], first: int = 0, head: Kernel | None = None) -> torch.Tensor:
        """One pass over the rows ``first``, ``first + 1``, ...

        Args:
            head: another output head than the network's own.

        Returns:
            [wanted of all rows, V] float32: the logits asked for, row after row.
        """
        ...

    def decide(self, asked: Sequence[Asked], first: int = 0, head: SmallHead | None = None) -> list[Decided]:
        """One pass over the rows ``first``, ``first + 1``, ..., and what follows: one answer for each."""
        ...

    def alone(self, row: int) -> Reader:
        """A reader of one row: its passes are those of decoding that row by itself."""
        ...


class NetworkReader:
    """A :class:`Reader` on a real network.

    Args:
        network: the model.
        cross: the clip's cross-attention keys and values, one row.
        cache: a one-row self-attention cache; it is reused from clip to clip without clearing, because
            nothing beyond ``start`` is ever looked at.
    """

    def __init__(self, network: Network, cross: Audio, cache: SelfCache) -> None:
        self._network = network
        self.cross = cross
        self._cache = cache

    @property
    def device(self) -> torch.device:
        return self._network.device

    def read(self, tokens: Sequence[int], start: int, head: Kernel | None = None) -> torch.Tensor:
        """As :meth:`Reader.read`; ``head`` is another output head than the network's own."""
        return self._network.decoder.read(tokens, start, self._cache, self.cross, head)

    def fill(self, tokens: Sequence[int], start: int) -> None:
        """As :meth:`read`, for tokens whose continuation is known: nothing is asked of the head."""
        self._states(tokens, start)

    @torch.inference_mode()
    def watch(
        self, tokens: Sequence[int], heads: Sequence[tuple[int, int]]
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Read ``tokens`` from the beginning and see how some heads of cross-attention score the audio.

        Args:
            heads: (layer, head) pairs.

        Returns:
            The logits [W, V], and the scores before the softmax, [heads, W, S].
        """
        ids = torch.tensor([tokens], device=self._network.device)
        decoder = self._network.decoder
        states, scores = decoder.watch(ids, self._cache, self.cross, heads)
        return decoder.logits(states[0]), scores

    def _states(self, tokens: Sequence[int], start: int) -> torch.Tensor:
        ids = torch.tensor([tokens], device=self._network.device)
        return self._network.decoder.states(ids, start, self._cache, self.cross)
