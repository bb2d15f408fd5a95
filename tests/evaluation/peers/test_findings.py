"""Medians over rounds, sums over clips."""

from __future__ import annotations

import pytest

from specwhisper.evaluation.peers.findings import summarise
from tests.evaluation.made import clip_calls


def test_figures_are_medians_over_rounds_and_sums_over_clips() -> None:
    clips = (clip_calls(0.3, 9.0, 0.6), clip_calls(0.0))
    summary = summarise(clips, clips)
    assert summary.ms_per_token == pytest.approx(100)  # 0.6 s for 2 x 3 tokens, end-of-text counted
    assert summary.total == pytest.approx((0.81 + 0.21) / 2)
    assert summary.real_time_factor == pytest.approx(1.02 / 2)
    assert (summary.wer, summary.identical, summary.clips, summary.steady) == (0.0, 2, 2, 2)


def test_identical_means_the_same_tokens() -> None:
    ours = (clip_calls(0.1), clip_calls(0.1))
    theirs = (clip_calls(0.1), clip_calls(0.1, tokens=(1, 3)))
    assert summarise(theirs, ours).identical == 1
    assert summarise(theirs, None).identical is None
