"""Proposals that are drawn rather than chosen, handed over with the distributions they were drawn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from specwhisper.decoding.drafters.base import Proposal
from specwhisper.decoding.drafters.model import Bridge, Speaker, TokenDrafter
from specwhisper.decoding.lookahead import Lookahead
from specwhisper.decoding.sampling.distribution import draw, probabilities, uniforms
from specwhisper.network.small_head import SmallHead


@dataclass(frozen=True, slots=True)
class Drawn(Proposal):
    """A proposal with what main needs to judge it.

    Attributes:
        distributions: q of every proposed token, [k, V] in main's vocabulary; each sums to 1.
    """

    distributions: tuple[torch.Tensor, ...] = ()


class SamplingDrafter(TokenDrafter):
    """Draws from a small model whose tokens are main's, or map onto main's one to one.

    What a proposal is worth depends on q being *exactly* what it was drawn from. Two things follow:

    - A token main does not have must not be drawn and then dropped (what is left would follow a q without
      it); it is forbidden before the softmax, and q is the distribution over the tokens both have.
    - Whether to go on is decided before the next token is drawn, from those already proposed. A rule that
      looked at a token before deciding to propose it would bend q just as much.

    Args:
        speaker: the small model's side, with its whole output head.
        temperature: of the draws.
        generator: a CPU generator, main's own.
        lookahead, bridge, longest: as :class:`TokenDrafter`.
    """

    def __init__(
        self,
        speaker: Speaker,
        lookahead: Lookahead,
        temperature: float,
        generator: torch.Generator,
        bridge: Bridge | None = None,
        longest: int = 448,
    ) -> None:
        super().__init__(speaker, lookahead, bridge, longest)
        self._temperature = temperature
        self._generator = generator
        self._to_main: _ToMain | None = None
        self._distributions: list[torch.Tensor] = []

    def begin(self, tokens: Sequence[int], room: int) -> bool:
        self._distributions = []
        return super().begin(tokens, room)

    @property
    def rules(self) -> None:
        """Its tokens are drawn."""
        return None

    def take_best(self, token: int, probability: float) -> None:
        raise AssertionError("its tokens are drawn")

    def take(self, logits: torch.Tensor, head: SmallHead | None) -> None:
        allowed = self._speaker.allowed(logits, None)[0]
        if self._bridge:
            self._to_main = self._to_main or _ToMain.of(self._bridge, allowed.device)
            allowed = self._to_main.known_to_main(allowed)
        most = allowed.amax()
        # Where nothing is allowed, the draft may write nothing that main has: drawn of anything, and dropped.
        own = probabilities(allowed.masked_fill(most.isinf(), 0.0), self._temperature)
        drawn = draw(own, uniforms(1, self._generator, own.device)[0])
        # One copy down, one wait: on a card a second one costs as much as the draft's pass.
        highest, index, probability = torch.stack(
            [most.double(), drawn.double(), own[drawn].double()]
        ).tolist()
        if highest == float("-inf"):
            self._closed = True
            return
        token = int(index)
        self.context.wrote(token)
        wanted = self._as_main(token)
        assert wanted is not None, "a token without a counterpart has probability 0"
        self._tokens.append(wanted)
        self._probabilities.append(probability)
        self._distributions.append(self._to_main.distribution(own) if self._to_main else own)
        self._closed = token == self._speaker.end

    def proposal(self) -> Drawn:
        return Drawn(
            tuple(self._tokens), tuple(self._probabilities), distributions=tuple(self._distributions)
        )


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
