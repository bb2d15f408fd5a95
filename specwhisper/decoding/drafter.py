"""The draft side of speculative decoding: cheap guesses at what main will write.

A drafter owes nothing to exactness. Whatever it proposes, only main decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from specwhisper.decoding.draft import Draft
from specwhisper.decoding.lookahead import Lookahead
from specwhisper.vocabulary.remap import Remap


@dataclass(frozen=True, slots=True)
class Proposal:
    """Tokens of main's vocabulary that may come next.

    Attributes:
        probabilities: what the draft gave each.
        held_back: draft tokens that could not be offered yet (see decoding.retokenise).
    """

    tokens: tuple[int, ...] = ()
    probabilities: tuple[float, ...] = ()
    held_back: int = 0


class Drafter(Protocol):
    """Proposes continuations of a growing sequence."""

    def propose(self, tokens: Sequence[int], room: int) -> Proposal:
        """At most ``room`` tokens to follow ``tokens``.

        ``tokens`` always extends what the previous call was given: main never takes a token back.
        """
        ...

    def learn(self, proposal: Proposal, accepted: int) -> None:
        """Main accepted so many of the proposal's tokens."""
        ...


class Silent:
    """Proposes nothing: with this drafter the speculative loop *is* greedy decoding."""

    def propose(self, tokens: Sequence[int], room: int) -> Proposal:
        return Proposal()

    def learn(self, proposal: Proposal, accepted: int) -> None:
        """Nothing to learn."""


class ModelDrafter:
    """Greedy guesses of a small model whose tokens are main's, or map onto main's one to one.

    Args:
        draft: the small model, hearing the same clip.
        lookahead: when to stop.
        bridge: how main's tokens become the draft's and back; None when they are the same.
    """

    def __init__(self, draft: Draft, lookahead: Lookahead, bridge: Bridge | None = None) -> None:
        self._draft = draft
        self._lookahead = lookahead
        self._bridge = bridge

    def propose(self, tokens: Sequence[int], room: int) -> Proposal:
        context = self._bridge.context(tokens) if self._bridge else tokens
        if context is None:
            return Proposal()
        self._draft.begin(context)
        guesses = Guesses(self._lookahead, room, self._draft.end, self._bridge)
        while guesses.go_on:
            guesses.take(*self._draft.step())
        return guesses.proposal()

    def learn(self, proposal: Proposal, accepted: int) -> None:
        self._lookahead.learn(proposal.probabilities, accepted)


class Guesses:
    """A proposal in the making: what counts of the draft's tokens, and whether another is wanted.

    Args:
        lookahead: when to stop.
        room: most tokens that fit.
        end: the draft's id of end-of-text.
        bridge: how the draft's tokens become main's; None when they are the same.
    """

    def __init__(self, lookahead: Lookahead, room: int, end: int, bridge: Bridge | None) -> None:
        self._lookahead = lookahead
        self._room = room
        self._end = end
        self._bridge = bridge
        self._tokens: list[int] = []
        self._probabilities: list[float] = []
        self._closed = False

    @property
    def go_on(self) -> bool:
        """Whether the draft shall take another step."""
        more = not self._closed and len(self._tokens) < self._room
        return more and self._lookahead.goes_on(self._probabilities)

    def take(self, token: int, probability: float) -> None:
        """The draft's next token, in its own vocabulary."""
        wanted = self._bridge.to_main.get(token) if self._bridge else token
        # What main has no token for it cannot agree with, nor with what follows.
        self._closed = wanted is None or token == self._end
        if wanted is not None:
            self._tokens.append(wanted)
            self._probabilities.append(probability)

    def proposal(self) -> Proposal:
        return Proposal(tuple(self._tokens), tuple(self._probabilities))


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
