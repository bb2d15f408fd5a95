"""Speculative sampling: the written text follows main's own distribution, whatever the draft proposes.

Algorithm 1 of Leviathan et al. 2023 ("Fast Inference from Transformers via Speculative Decoding") and,
found independently, Chen et al. 2023 ("Accelerating Large Language Model Decoding with Speculative
Sampling"). With p main's distribution and q the one a proposal x was drawn from: keep x with chance
min(1, p(x)/q(x)); else write a draw from max(p - q, 0), normalised. The sum of the two ways to write a
token is min(p, q) + (p - min(p, q)) = p, for every q.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from specwhisper.decoding.acceptance import Question, Verdict
from specwhisper.decoding.reader import Reader
from specwhisper.decoding.sampling.distribution import draw, probabilities, uniforms
from specwhisper.decoding.sampling.drafter import Drawn
from specwhisper.vocabulary.rules import Rules


@dataclass(frozen=True, slots=True)
class Sampled:
    """Tokens drawn from softmax(rules(main's logits) / temperature).

    Attributes:
        rules: what may be written where.
        temperature: above 0; 1 is the model's own distribution, less is more certain.
        generator: a CPU generator; it alone decides between two runs.
    """

    rules: Rules
    temperature: float
    generator: torch.Generator

    @property
    def decidable(self) -> bool:
        """What is drawn takes whole distributions."""
        return False

    def judge(self, question: Question, logits: torch.Tensor, alone: Callable[[], Reader]) -> Verdict:
        drawn, end = question.proposal, question.end
        allowed = self.rules.apply(logits, question.sequence, question.first)
        p = probabilities(allowed, self.temperature)
        proposed = drawn.tokens
        chance = uniforms(len(proposed) + 1, self.generator, p.device)
        accepted = 0
        if proposed:
            assert isinstance(drawn, Drawn)
            q = torch.stack(drawn.distributions)
            ids = torch.tensor(proposed, device=p.device)[:, None]
            by_main, by_draft = (of[: len(proposed)].gather(-1, ids)[:, 0] for of in (p, q))
            accepted = int(accepted_prefix(by_main, by_draft, chance[:-1]))
            if accepted < len(proposed):
                correction = draw(remainder(p[accepted], q[accepted]), chance[-1])
                return Verdict(accepted, int(correction))
            if proposed[-1] == end:
                return Verdict(accepted, None)
        return Verdict(accepted, int(draw(p[-1], chance[-1])))


def accepted_prefix(p: torch.Tensor, q: torch.Tensor, uniform: torch.Tensor) -> torch.Tensor:
    """How many proposals stand, from the left: each with chance min(1, p/q), until the first that falls.

    Args:
        p: [..., k] what main gives each proposed token.
        q: [..., k] what the draft gave it; positive, for the token was drawn from it.
        uniform: [..., k] numbers in [0, 1).

    Returns:
        [...] counts from 0 to k.
    """
    return (uniform < p.double() / q.double()).long().cumprod(-1).sum(-1)


def remainder(p: torch.Tensor, q: torch.Tensor) -> torch.Tensor:
    """max(p - q, 0), [..., V], not normalised: where main wants more than the draft gave."""
    rest = (p - q).clamp(min=0.0)
    # Equal up to rounding: nothing is left over, and p itself is the same distribution.
    return torch.where(rest.sum(-1, keepdim=True) > 0, rest, p)
