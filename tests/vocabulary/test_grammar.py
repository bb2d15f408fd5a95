"""The table on the device against the rules in Python."""

from __future__ import annotations

import random

import pytest
import torch

from specwhisper.vocabulary.grammar import Grammar, fits, states
from specwhisper.vocabulary.rules import Rule, Rules, Suppress, SuppressAtBegin
from specwhisper.vocabulary.timestamps import Timestamps

CPU = torch.device("cpu")
SIZE, END, NO_TIMESTAMPS, FIRST = 140, 20, 24, 25  # text, specials, 115 timestamps
PROMPT = 3
SUPPRESS = Suppress.of([3, 21, 22], SIZE, CPU)
BEGIN = SuppressAtBegin.of([4, END], SIZE, CPU, PROMPT)
TIMES = Timestamps(FIRST, PROMPT, FIRST, END, NO_TIMESTAMPS)
TIMED, PLAIN = Rules((SUPPRESS, BEGIN, TIMES)), Rules((SUPPRESS, BEGIN))
GRAMMAR = Grammar.of(SUPPRESS, BEGIN, TIMES)
PREFIXES = 100_000


def prefix(chance: random.Random) -> list[int]:
    """A prompt and some tokens after it: much of it legal, some of it never written by anybody."""
    written, stamp = [], FIRST
    for _ in range(chance.choice((0, 0, 1, 1, 2, 3, 5, 8))):
        if chance.random() < 0.45:
            stamp = min(SIZE - 1, stamp + chance.choice((0, 1, 7, 30)))
            written.append(stamp if chance.random() < 0.9 else chance.randrange(FIRST, SIZE))
        else:
            written.append(chance.randrange(FIRST))
    return [50, 51, 52, *written]


def ruled(grammar: Grammar, rules: Rules, logits: torch.Tensor, prefixes: list[list[int]]) -> torch.Tensor:
    where = [states(rules, tokens, len(tokens), 1)[0] for tokens in prefixes]
    kinds, earliest = (torch.tensor(column) for column in zip(*where, strict=True))
    return grammar.apply(logits, kinds, earliest)


@pytest.mark.parametrize("rules", [TIMED, PLAIN], ids=["with timestamps", "without"])
def test_the_table_says_what_the_rules_say(rules: Rules) -> None:
    # So many take some seconds: what is rare among them is where tables go wrong.
    chance, made = random.Random(1), torch.Generator().manual_seed(1)
    for _ in range(PREFIXES // 2 // 1000):
        prefixes = [prefix(chance) for _ in range(1000)]
        logits = 3 * torch.randn(1000, SIZE, generator=made)
        table = ruled(GRAMMAR, rules, logits, prefixes)
        host = torch.cat(
            [rules.apply(logits[row : row + 1], tokens, len(tokens)) for row, tokens in enumerate(prefixes)]
        )
        assert torch.equal(table, host)


def test_rows_of_one_pass_have_the_states_of_rows_asked_one_by_one() -> None:
    tokens = [50, 51, 52, FIRST, 5, 6, FIRST + 9, FIRST + 9, 7, FIRST + 20, END]
    for rules in (TIMED, PLAIN):
        together = states(rules, tokens, PROMPT, len(tokens) - PROMPT + 1)
        assert together == [
            states(rules, tokens[:first], first, 1)[0] for first in range(PROMPT, len(tokens) + 1)
        ]


def test_over_fewer_columns_the_same_is_forbidden() -> None:
    kept = torch.tensor([0, 3, 5, *range(END, SIZE)])
    small = Grammar.of(SUPPRESS.among(kept), BEGIN.among(kept), TIMES.among(kept))
    chance = random.Random(2)
    prefixes = [prefix(chance) for _ in range(300)]
    logits = torch.zeros(300, SIZE)
    logits[:, 5] = 9.0  # a word is likelier than all timestamps
    whole = ruled(GRAMMAR, TIMED, logits, prefixes)
    assert torch.equal(ruled(small, TIMED, logits[:, kept], prefixes), whole[:, kept])


def test_noise_has_no_table() -> None:
    class Other:
        """A rule that nobody knows."""

        def apply(self, logits: torch.Tensor, tokens: list[int], first: int) -> torch.Tensor:
            return logits

        def among(self, kept: torch.Tensor) -> Rule:
            return self

    assert fits(TIMED)
    assert not fits(Rules((SUPPRESS, Other())))
