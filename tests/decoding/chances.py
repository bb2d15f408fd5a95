"""A toy model with known distributions, and the chi-square tests that hold samples against them."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Sequence

import torch

from specwhisper.decoding.sampling.distribution import probabilities
from specwhisper.vocabulary.rules import Rules

SIZE, END = 8, 7
PROMPT = (0, 1)


class Table:
    """A model whose logits are a fixed random function of its last two tokens; seed 1 is main."""

    def __init__(self, seed: int) -> None:
        main, own = (
            torch.randn(SIZE, SIZE, SIZE, generator=torch.Generator().manual_seed(s)) for s in (1, seed)
        )
        self._rows = main + own  # so that a draft agrees with main now and then
        self._read: list[int] = []

    def read(self, tokens: Sequence[int], start: int) -> torch.Tensor:
        self._read[start:] = tokens
        seen = self._read
        pairs = [(seen[i - 1] if i else 0, seen[i]) for i in range(start, len(seen))]
        return torch.stack([self._rows[pair] for pair in pairs])


def p_value(statistic: float, degrees: int) -> float:
    """The chance of a chi-square statistic at least this large."""
    half = torch.tensor([degrees / 2, statistic / 2], dtype=torch.float64)
    return float(torch.special.gammaincc(half[0], half[1]))


def fits(counts: torch.Tensor, expected: torch.Tensor) -> float:
    """p-value of counts against an exact distribution; impossible outcomes must not occur."""
    assert counts[expected == 0].sum() == 0
    total, rare = counts.sum(), expected * counts.sum() < 5
    seen = torch.cat([counts[~rare], counts[rare].sum()[None]]).double()
    wanted = torch.cat([expected[~rare], expected[rare].sum()[None]]).double() * total
    seen, wanted = seen[wanted > 0], wanted[wanted > 0]
    return p_value(float(((seen - wanted) ** 2 / wanted).sum()), len(seen) - 1)


def same(one: torch.Tensor, other: torch.Tensor) -> float:
    """p-value of two samples of equal size having one distribution."""
    one, other = one.double(), other.double()
    often = one + other >= 10
    one, other = (torch.cat([c[often], c[~often].sum()[None]]) for c in (one, other))
    one, other = one[one + other > 0], other[one + other > 0]
    return p_value(float(((one - other) ** 2 / (one + other)).sum()), len(one) - 1)


def next_tokens(table: Table, rules: Rules, temperature: float) -> Callable[[tuple[int, ...]], torch.Tensor]:
    """The exact distribution [V] after a prefix."""
    known: dict[tuple[int, ...], torch.Tensor] = {}

    def following(prefix: tuple[int, ...]) -> torch.Tensor:
        if prefix not in known:
            row = table.read(prefix, 0)[-1:]
            known[prefix] = probabilities(rules.apply(row, prefix, len(prefix))[0], temperature).double()
        return known[prefix]

    return following


def outcomes(length: int) -> list[tuple[int, ...]]:
    """Every text of at most ``length`` tokens: shorter ones end in END, which nothing follows."""
    texts = itertools.chain.from_iterable(
        itertools.product(range(SIZE), repeat=n) for n in range(1, length + 1)
    )
    return [t for t in texts if END not in t[:-1] and (len(t) == length or t[-1] == END)]


def exact(table: Table, rules: Rules, temperature: float, length: int) -> torch.Tensor:
    """The joint distribution over :func:`outcomes`."""
    following = next_tokens(table, rules, temperature)
    chances = []
    for text in outcomes(length):
        chance = 1.0
        for index, token in enumerate(text):
            chance *= float(following((*PROMPT, *text[:index]))[token])
        chances.append(chance)
    return torch.tensor(chances, dtype=torch.float64)


def tally(texts: list[tuple[int, ...]], length: int) -> torch.Tensor:
    counted = Counter(texts)
    wanted = outcomes(length)
    assert counted.keys() <= set(wanted)
    return torch.tensor([counted[text] for text in wanted])
