"""Near ties: a row whose best two tokens are almost equal is decided at greedy decoding's own width."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from specwhisper.decoding.acceptance import Greedy, Verdict
from specwhisper.decoding.cycle import Row, verify
from specwhisper.decoding.drafters.base import Proposal
from specwhisper.vocabulary.rules import Rules
from tests.decoding.alone import OneRow


class WidthSensitive:
    """Prefers token 1 by a hair in width-1 passes and token 2 by a hair in wider ones."""

    def __init__(self) -> None:
        self.passes: list[tuple[list[int], int]] = []

    def read(self, tokens: Sequence[int], start: int) -> torch.Tensor:
        self.passes.append((list(tokens), start))
        rows = torch.zeros(len(tokens), 10)
        favourite = 1 if len(tokens) == 1 else 2
        rows[:, 1] = rows[:, 2] = 3.0
        rows[:, favourite] += 1e-5
        return rows


def judged(main: WidthSensitive, proposed: Sequence[int], guard: float) -> Verdict:
    row = Row([5], choice=Greedy(Rules(), guard), end=9, limit=20)
    (verdict,) = verify(OneRow(main), [row], [Proposal(tuple(proposed))])
    return verdict


def test_without_a_guard_the_wide_pass_decides() -> None:
    verdict = judged(WidthSensitive(), [2, 2], 0.0)
    assert (verdict.accepted, verdict.correction, verdict.near_ties) == (2, 2, 0)


def test_the_guard_decides_again_at_width_one() -> None:
    main = WidthSensitive()
    verdict = judged(main, [1, 1, 2], 1e-3)
    assert (verdict.accepted, verdict.correction) == (2, 1)
    assert verdict.near_ties == 3
    assert main.passes[1:] == [([5], 0), ([1], 1), ([1], 2)]


def test_greedy_needs_no_guard() -> None:
    main = WidthSensitive()
    verdict = judged(main, [], 1e-3)
    assert (verdict.accepted, verdict.correction, verdict.near_ties) == (0, 1, 0)
    assert len(main.passes) == 1
