"""Rules are pure, row-wise and the same whether rows come one at a time or together."""

from __future__ import annotations

import torch

from specwhisper.vocabulary.rules import Rules, Suppress, SuppressAtBegin
from tests.fakes import CPU

SIZE = 12


def rules(prompt_length: int = 3) -> Rules:
    return Rules((Suppress.of([2, 5], SIZE, CPU), SuppressAtBegin.of([7], SIZE, CPU, prompt_length)))


def test_rows_together_equal_rows_alone() -> None:
    logits = torch.randn(5, SIZE)
    tokens = list(range(8))
    together = rules().apply(logits, tokens, 3)
    alone = torch.cat([rules().apply(logits[i : i + 1], tokens, 3 + i) for i in range(5)])
    assert torch.equal(together, alone)


def test_only_the_first_row_after_the_prompt_is_a_beginning() -> None:
    masked = rules().apply(torch.zeros(4, SIZE), [0] * 7, 3)
    assert masked[0, 7] == float("-inf")
    assert (masked[1:, 7] == 0).all()
    assert (masked[:, [2, 5]] == float("-inf")).all()


def test_the_input_is_left_alone() -> None:
    logits = torch.zeros(2, SIZE)
    rules().apply(logits, [0, 0, 0, 0], 3)
    assert torch.equal(logits, torch.zeros(2, SIZE))


def test_no_rules_change_nothing() -> None:
    logits = torch.randn(2, SIZE)
    assert torch.equal(Rules().apply(logits, [0], 1), logits)
