"""A row's decision as numbers that a card can hand over in one copy."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from specwhisper.vocabulary.grammar import Grammar

NUMBERS = 3
"""Per row of logits: the best token's column, its lead over the second best, its log-probability."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What a network decided in consecutive rows.

    Attributes:
        tokens: ids of the likeliest ones.
        gaps: their leads over the second likeliest.
        log_probabilities: of those tokens.
    """

    tokens: tuple[int, ...]
    gaps: tuple[float, ...]
    log_probabilities: tuple[float, ...]


def decide(
    logits: torch.Tensor, grammar: Grammar, kinds: torch.Tensor, earliest: torch.Tensor
) -> torch.Tensor:
    """Decide in rows of logits [R, columns]; everything stays on the device.

    Args:
        kinds, earliest: [R], see :class:`specwhisper.vocabulary.grammar.State`.

    Returns:
        [R, NUMBERS] float32, which holds whole numbers up to 16 million exactly.
    """
    allowed = grammar.apply(logits, kinds, earliest)
    best = allowed.argmax(-1, keepdim=True)
    top = allowed.gather(-1, best)
    second = allowed.scatter(-1, best, float("-inf")).amax(-1, keepdim=True)
    return torch.cat([best.float(), top - second, top - allowed.logsumexp(-1, keepdim=True)], dim=1)
