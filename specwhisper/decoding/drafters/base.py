"""The draft side of speculative decoding: cheap guesses at what main will write.

A drafter owes nothing to exactness. Whatever it proposes, only main decides. It does not run the draft model
itself: it says what the model shall read next (:attr:`Drafter.context`) and takes what came of it, so that
the drafters of all rows share the model's passes (``decoding.cycle.propose``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch

from specwhisper.network.small_head import SmallHead
from specwhisper.results import Source
from specwhisper.vocabulary.rules import Rules


@dataclass(frozen=True, slots=True)
class Proposal:
    """Tokens of main's vocabulary that may come next.

    Attributes:
        probabilities: what the draft gave each.
        held_back: draft tokens that could not be offered yet (see decoding.drafters.by_bytes).
        source: who they come from.
    """

    tokens: tuple[int, ...] = ()
    probabilities: tuple[float, ...] = ()
    held_back: int = 0
    source: Source = "model"


NOTHING = Proposal()


class DraftContext:
    """What a draft has written, its prompt included, and how much of it its cache already holds.

    The cache survives from cycle to cycle: :meth:`begin` keeps whatever the new tokens share with what was
    read before, so a cycle costs the tokens that are new and not the whole prefix.
    """

    def __init__(self) -> None:
        self.tokens: list[int] = []
        self.cached = 0  # the cache holds the first so many tokens

    @property
    def unread(self) -> list[int]:
        return self.tokens[self.cached :]

    def begin(self, tokens: Sequence[int]) -> None:
        """Stand at the end of ``tokens``, wherever the previous ones led."""
        # The last token is always read again: its logits are what the next step needs.
        most = min(self.cached, len(tokens) - 1)
        own, self.tokens = self.tokens, list(tokens)
        if own[:most] != self.tokens[:most]:
            most = next(i for i in range(most) if own[i] != tokens[i])
        self.cached = most

    def wrote(self, token: int) -> None:
        """Everything was read, and ``token`` came of it."""
        self.cached = len(self.tokens)
        self.tokens.append(token)


class Drafter(Protocol):
    """Proposes continuations of a growing sequence, one draft step after the other.

    A proposal is ``begin``, then ``take`` for every step while ``goes_on``, then ``proposal``.
    """

    @property
    def context(self) -> DraftContext:
        """What the draft model reads next."""
        ...

    @property
    def head(self) -> SmallHead | None:
        """The smaller output head that it would rather have than the model's own."""
        ...

    def begin(self, tokens: Sequence[int], room: int) -> bool:
        """Propose at most ``room`` tokens to follow ``tokens``; whether that takes a step at all.

        ``tokens`` always extends what the previous call was given: main never takes a token back.
        """
        ...

    @property
    def rules(self) -> Rules | None:
        """What the draft may write, where its best token is all that is asked for."""
        ...

    def take(self, logits: torch.Tensor, head: SmallHead | None) -> None:
        """The logits [1, V] after the context, or [1, kept] of ``head``."""
        ...

    def take_best(self, token: int, probability: float) -> None:
        """The best token after the context, where :attr:`rules` are known."""
        ...

    @property
    def goes_on(self) -> bool:
        """Whether the draft shall take another step."""
        ...

    def proposal(self) -> Proposal:
        """What has been gathered."""
        ...

    def learn(self, proposal: Proposal, accepted: int) -> None:
        """Main accepted so many of the proposal's tokens."""
        ...


class Silent:
    """Proposes nothing: with this drafter the speculative loop *is* greedy decoding."""

    context = DraftContext()
    head = None
    rules = None
    goes_on = False

    def begin(self, tokens: Sequence[int], room: int) -> bool:
        return False

    def take(self, logits: torch.Tensor, head: SmallHead | None) -> None:
        raise AssertionError("nobody asks a draft that is silent")

    def take_best(self, token: int, probability: float) -> None:
        raise AssertionError("nobody asks a draft that is silent")

    def proposal(self) -> Proposal:
        return NOTHING

    def learn(self, proposal: Proposal, accepted: int) -> None:
        """Nothing to learn."""
