"""Proposals that are drawn rather than chosen, handed over with the distributions they were drawn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from specwhisper.decoding.distribution import draw, probabilities, uniforms
from specwhisper.decoding.draft import Draft
from specwhisper.decoding.drafter import Bridge, Proposal
from specwhisper.decoding.lookahead import Lookahead


@dataclass(frozen=True, slots=True)
class Drawn(Proposal):
    """A proposal with what main needs to judge it.

    Attributes:
        distributions: q of every proposed token, [k, V] in main's vocabulary; each sums to 1.
    """

    distributions: tuple[torch.Tensor, ...] = ()


class SamplingDrafter:
    """Draws from a small model whose tokens are main's, or map onto main's one to one.

    What a proposal is worth depends on q being *exactly* what it was drawn from. Two things follow:

    - A token main does not have must not be drawn and then dropped (what is left would follow a q without
      it); it is forbidden before the softmax, and q is the distribution over the tokens both have.
    - Whether to go on is decided before the next token is drawn, from those already proposed. A rule that
      looked at a token before deciding to propose it would bend q just as much.

    Args:
        draft: the small model, hearing the same clip.
        lookahead: when to stop.
        bridge: how main's tokens become the draft's and back; None when they are the same.
    """

    def __init__(self, draft: Draft, lookahead: Lookahead, bridge: Bridge | None = None) -> None:
        self._draft = draft
        self._lookahead = lookahead
        self._bridge = bridge
        self._to_main: _ToMain | None = None

    def propose(
        self, tokens: Sequence[int], room: int, *, temperature: float, generator: torch.Generator
    ) -> Drawn:
        """At most ``room`` tokens to follow ``tokens``, drawn at ``temperature``."""
        context = self._bridge.context(tokens) if self._bridge else tokens
        if context is None:
            return Drawn()
        self._draft.begin(context)
        proposed: list[int] = []
        chances: list[float] = []
        distributions: list[torch.Tensor] = []
        while len(proposed) < room and self._lookahead.goes_on(chances):
            logits = self._draft.logits()
            if self._bridge:
                self._to_main = self._to_main or _ToMain.of(self._bridge, logits.device)
                logits = self._to_main.known_to_main(logits)
            if bool(logits.amax() == float("-inf")):
                break  # the draft may write nothing here that main has
            own = probabilities(logits, temperature)
            token = int(draw(own, uniforms(1, generator, own.device)[0]))
            self._draft.write(token)
            wanted = self._bridge.to_main.get(token) if self._bridge else token
            assert wanted is not None, "a token without a counterpart has probability 0"
            proposed.append(wanted)
            chances.append(float(own[token]))
            distributions.append(self._to_main.distribution(own) if self._to_main else own)
            if token == self._draft.end:
                break
        return Drawn(tuple(proposed), tuple(chances), distributions=tuple(distributions))

    def learn(self, proposal: Proposal, accepted: int) -> None:
        """Main accepted so many of the proposal's tokens."""
        self._lookahead.learn(proposal.probabilities, accepted)


@dataclass(frozen=True, slots=True)
class _ToMain:
    """The draft's ids as main's, for whole rows at a time.

    Attributes:
        own: the draft's ids that main has, [M].
        main: their ids there, [M].
        size: main's vocabulary.
    """

    own: torch.Tensor
    main: torch.Tensor
    size: int

    @classmethod
    def of(cls, bridge: Bridge, device: torch.device) -> _ToMain:
        table = torch.tensor(bridge.to_main.table, device=device)
        own = (table >= 0).nonzero()[:, 0]
        return cls(own, table[own], bridge.to_main.target.size)

    def known_to_main(self, logits: torch.Tensor) -> torch.Tensor:
        """[V of the draft], with -inf where main has no such token."""
        return torch.full_like(logits, float("-inf")).index_copy(0, self.own, logits[self.own])

    def distribution(self, own: torch.Tensor) -> torch.Tensor:
        """[V of the draft] probabilities as [V of main]."""
        return own.new_zeros(self.size).index_copy(0, self.main, own[self.own])
