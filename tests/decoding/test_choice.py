"""The CPU's and the GPU's way of reading a decision agree, ties included."""

from __future__ import annotations

import pytest
import torch

from specwhisper.decoding.choice import (
    best_only,
    best_with_gap,
    best_with_gap_on_device,
    best_with_probabilities,
)


@pytest.mark.parametrize("columns", [2, 100, 51_865])
def test_both_twins_agree(columns: int) -> None:
    rows = torch.randn(7, columns, generator=torch.Generator().manual_seed(columns))
    rows[1, :2] = rows.max() + 1  # an exact tie: the first of equals, gap 0
    rows[2, 1:] = float("-inf")  # everything else forbidden
    best, gaps = best_with_gap(rows)
    assert (best, gaps) == best_with_gap_on_device(rows)
    assert best == rows.argmax(-1).tolist() == best_only(rows)
    assert (best[1], gaps[1]) == (0, 0.0)
    assert gaps[2] == float("inf")


def test_probability_is_that_of_softmax() -> None:
    row = torch.randn(51_865, generator=torch.Generator().manual_seed(1))
    row[::2] = float("-inf")
    (token,), (probability,) = best_with_probabilities(row[None])
    assert token == int(row.argmax())
    assert probability == pytest.approx(float(row.softmax(-1)[token]), rel=1e-5)


def test_probabilities_of_many_rows_are_those_of_each() -> None:
    rows = torch.randn(5, 1_000, generator=torch.Generator().manual_seed(2))
    tokens, probabilities = best_with_probabilities(rows)
    alone = [best_with_probabilities(row[None]) for row in rows]
    assert tokens == [token for (token,), _ in alone]
    assert probabilities == pytest.approx([probability for _, (probability,) in alone])
