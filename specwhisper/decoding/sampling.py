"""Speculative sampling: the written text follows main's own distribution, whatever the draft proposes.

Algorithm 1 of Leviathan et al. 2023 ("Fast Inference from Transformers via Speculative Decoding") and,
found independently, Chen et al. 2023 ("Accelerating Large Language Model Decoding with Speculative
Sampling"). With p main's distribution and q the one a proposal x was drawn from: keep x with chance
min(1, p(x)/q(x)); else write a draw from max(p - q, 0), normalised. The sum of the two ways to write a
token is min(p, q) + (p - min(p, q)) = p, for every q.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from specwhisper.decoding.acceptance import Verdict
from specwhisper.decoding.distribution import draw, probabilities, uniforms
from specwhisper.decoding.reader import Reader
from specwhisper.decoding.sampling_drafter import Drawn, SamplingDrafter
from specwhisper.decoding.speculative import write
from specwhisper.decoding.writing import Writing
from specwhisper.results import Decoded
from specwhisper.vocabulary.rules import Rules


def sample(
    main: Reader,
    drafter: SamplingDrafter | None,
    prompt: Sequence[int],
    *,
    rules: Rules,
    end: int,
    limit: int,
    temperature: float,
    generator: torch.Generator,
    clock: Callable[[], float],
    window: int = 0,
) -> Decoded:
    """Write one window, every token distributed as softmax(rules(main's logits) / temperature).

    Args:
        main: the model whose text this is.
        drafter: proposes; None samples from main alone.
        prompt: the ids to start from, not empty.
        rules: what may be written where.
        end: id of end-of-text.
        limit: longest sequence, prompt included (Whisper: 448).
        temperature: above 0; 1 is the model's own distribution, less is more certain.
        generator: a CPU generator; it alone decides between two runs.
        clock: seconds, with the device synchronised.
        window: recorded in the cycles.
    """

    def propose(tokens: Sequence[int], room: int) -> Drawn:
        if drafter is None:
            return Drawn()
        return drafter.propose(tokens, room, temperature=temperature, generator=generator)

    def judge(tokens: Sequence[int], read: int, drawn: Drawn) -> Verdict:
        return verify_drawn(
            main, tokens, read, drawn, rules=rules, end=end, temperature=temperature, generator=generator
        )

    writing = Writing(prompt, end=end, limit=limit, window=window)
    return write(propose, judge, writing, clock=clock)


def verify_drawn(
    main: Reader,
    tokens: Sequence[int],
    read: int,
    drawn: Drawn,
    *,
    rules: Rules,
    end: int,
    temperature: float,
    generator: torch.Generator,
) -> Verdict:
    """Read the unread context and the proposal in one pass and decide how much of it stands.

    Args:
        main, tokens, read, rules, end: as :func:`specwhisper.decoding.acceptance.verify`.
        drawn: the proposal and the distributions it was drawn from; end-of-text, if any, comes last.
        temperature, generator: as :func:`sample`.
    """
    unread = list(tokens[read:])
    proposed = drawn.tokens
    # Nothing follows end-of-text, so it needs a row that decides on it but none that continues it.
    continued = list(proposed[:-1] if proposed and proposed[-1] == end else proposed)
    rows = main.read([*unread, *continued], read)[len(unread) - 1 :]
    p = probabilities(rules.apply(rows, [*tokens, *continued], len(tokens)), temperature)
    chance = uniforms(len(proposed) + 1, generator, p.device)
    accepted = 0
    if proposed:
        q = torch.stack(drawn.distributions)
        ids = torch.tensor(proposed, device=p.device)[:, None]
        by_main, by_draft = (of[: len(proposed)].gather(-1, ids)[:, 0] for of in (p, q))
        accepted = int(accepted_prefix(by_main, by_draft, chance[:-1]))
        if accepted < len(proposed):
            correction = draw(remainder(p[accepted], q[accepted]), chance[-1])
            return Verdict(accepted=accepted, correction=int(correction), near_ties=0)
        if proposed[-1] == end:
            return Verdict(accepted=accepted, correction=None, near_ties=0)
    return Verdict(accepted=accepted, correction=int(draw(p[-1], chance[-1])), near_ties=0)


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
