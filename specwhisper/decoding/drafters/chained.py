"""A text first, and a model where the text is lost.

A text's proposals cost nothing, so it has the word as long as it is expected to write faster than the model.
The model does not even hear a window before it is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from specwhisper.decoding.drafters.base import DraftContext, Drafter, Proposal
from specwhisper.decoding.drafters.text import TextDrafter
from specwhisper.decoding.lookahead import TOKENS_PER_SECOND, Lookahead
from specwhisper.network.small_head import SmallHead
from specwhisper.vocabulary.rules import Rules

_LEFT = 0.1  # of a window's sound, at least: it may hold more than is usual


class ChainedDrafter:
    """Whoever of the two is expected to be faster proposes.

    Args:
        text: proposes from a text.
        hear: gives the model's drafter; it costs the model's encoding of the window.
        lookahead: the model's.
        sound: of the window (s).
        prompt: length of main's prompt.
    """

    def __init__(
        self, text: TextDrafter, hear: Callable[[], Drafter], lookahead: Lookahead, sound: float, prompt: int
    ) -> None:
        self._text = text
        self._hear = hear
        self._lookahead = lookahead
        self._sound = sound
        self._prompt = prompt
        self._model: Drafter | None = None
        self._now: Drafter = text

    @property
    def context(self) -> DraftContext:
        return self._now.context

    @property
    def head(self) -> SmallHead | None:
        return self._now.head

    @property
    def rules(self) -> Rules | None:
        return self._now.rules

    @property
    def goes_on(self) -> bool:
        return self._now.goes_on

    def begin(self, tokens: Sequence[int], room: int) -> bool:
        self._now = self._text
        self._text.begin(tokens, room)
        lost = not self._text.proposal().tokens
        if self._model is None and self._pays(len(tokens) - self._prompt, lost):
            self._model = self._hear()
        if self._model is not None and (lost or self._lookahead.rate > self._text.expected):
            self._now = self._model
            return self._model.begin(tokens, room)
        return False

    def proposal(self) -> Proposal:
        return self._now.proposal()

    def take(self, logits: torch.Tensor, head: SmallHead | None) -> None:
        self._now.take(logits, head)

    def take_best(self, token: int, probability: float) -> None:
        self._now.take_best(token, probability)

    def learn(self, proposal: Proposal, accepted: int) -> None:
        self._now.learn(proposal, accepted)

    def _pays(self, written: int, lost: bool) -> bool:
        """Whether the model would save more of what is left of the window than it costs to hear it."""
        if not lost and self._lookahead.rate <= self._text.rate:
            return False
        left = max(self._sound - written / TOKENS_PER_SECOND, _LEFT * self._sound)
        return self._lookahead.saves(left, 1 / self._text.rate)
