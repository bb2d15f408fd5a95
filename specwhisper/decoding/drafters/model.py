"""Proposals of a small model whose tokens are main's, or map onto main's one to one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch

from specwhisper.decoding.choice import best_with_probabilities
from specwhisper.decoding.drafters.base import NOTHING, DraftContext, Proposal
from specwhisper.decoding.lookahead import Lookahead
from specwhisper.network.small_head import SmallHead
from specwhisper.vocabulary.remap import Remap
from specwhisper.vocabulary.rules import Rules


class Speaker:
    """A draft model's own side of drafting: its rules, its end-of-text, its output head.

    Args:
        rules: what it may write; a token main may not write is not worth proposing.
        end: its id of end-of-text.
        head: a smaller output head, where it has one.
    """

    def __init__(self, rules: Rules, end: int, head: SmallHead | None = None) -> None:
        self.end = end
        self.head = head
        self.context = DraftContext()
        self.rules = rules

    def allowed(self, logits: torch.Tensor, head: SmallHead | None) -> torch.Tensor:
        """The logits [1, V or kept] with what may not be written at -inf."""
        tokens = self.context.tokens
        rules = self.rules if head is None else self._small_rules
        return rules.apply(logits, tokens, len(tokens))

    def best(self, logits: torch.Tensor, head: SmallHead | None) -> tuple[int, float]:
        """The best token, and the probability it is given."""
        (token,), (probability,) = best_with_probabilities(self.allowed(logits, head))
        return head.ids[token] if head else token, probability

    @cached_property
    def _small_rules(self) -> Rules:
        assert self.head is not None
        return self.rules.among(self.head.kept)


@dataclass(frozen=True, slots=True)
class Bridge:
    """Between two versions of the multilingual vocabulary (large-v3's and its predecessors').

    Attributes:
        prompt: the draft's own prompt, in its ids; it stands for main's prompt.
        main_prompt: length of main's prompt.
    """

    prompt: tuple[int, ...]
    main_prompt: int
    to_draft: Remap
    to_main: Remap

    def context(self, tokens: Sequence[int]) -> list[int] | None:
        """Main's tokens as the draft would have written them; None when it lacks one of them."""
        written = tokens[self.main_prompt :]
        mapped = self.to_draft.prefix(written)
        return [*self.prompt, *mapped] if len(mapped) == len(written) else None


class TokenDrafter:
    """What drafters have in common whose tokens are main's, or map onto main's one to one.

    Args:
        speaker: the small model's side.
        lookahead: when to stop.
        bridge: how main's tokens become the draft's and back; None when they are the same.
        longest: the longest sequence that the draft model can read.
    """

    def __init__(
        self, speaker: Speaker, lookahead: Lookahead, bridge: Bridge | None = None, longest: int = 448
    ) -> None:
        self.context = speaker.context
        self.head = speaker.head
        self._speaker = speaker
        self._lookahead = lookahead
        self._bridge = bridge
        self._longest = longest
        self._room = 0
        self._tokens: list[int] = []  # proposed in this cycle, in main's vocabulary
        self._probabilities: list[float] = []
        self._closed = True

    def begin(self, tokens: Sequence[int], room: int) -> bool:
        self._tokens, self._probabilities = [], []
        context = self._bridge.context(tokens) if self._bridge else tokens
        self._closed = context is None
        if context is None:
            return False
        self.context.begin(context)
        # The draft's own context may be the shorter one. Its last position stays free: padding lands there.
        self._room = min(room, self._longest - len(context))
        return self.goes_on

    @property
    def goes_on(self) -> bool:
        more = not self._closed and len(self._tokens) < self._room
        return more and self._lookahead.goes_on(self._probabilities)

    def learn(self, proposal: Proposal, accepted: int) -> None:
        self._lookahead.learn(proposal.probabilities, accepted)

    def _as_main(self, token: int) -> int | None:
        """The draft's token in main's vocabulary; None where main has none."""
        return self._bridge.to_main.get(token) if self._bridge else token


class ModelDrafter(TokenDrafter):
    """Greedy guesses of a small model."""

    @property
    def rules(self) -> Rules:
        return self._speaker.rules

    def take(self, logits: torch.Tensor, head: SmallHead | None) -> None:
        self.take_best(*self._speaker.best(logits, head))

    def take_best(self, token: int, probability: float) -> None:
        self.context.wrote(token)
        wanted = self._as_main(token)
        # What main has no token for it cannot agree with, nor with what follows.
        self._closed = wanted is None or token == self._speaker.end
        if wanted is not None:
            self._tokens.append(wanted)
            self._probabilities.append(probability)

    def proposal(self) -> Proposal:
        return Proposal(tuple(self._tokens), tuple(self._probabilities)) if self._tokens else NOTHING
