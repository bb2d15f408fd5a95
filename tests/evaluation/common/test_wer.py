"""Errors over all clips together."""

from __future__ import annotations

import pytest

from specwhisper.evaluation.common.wer import word_error_rate
from tests.evaluation.made import clip


def rate(*pairs: tuple[str, str]) -> float | None:
    """Of references with what was written."""
    return word_error_rate([clip(text=said) for said, _ in pairs], [written for _, written in pairs])


def test_the_rate_is_of_all_words_together() -> None:
    assert rate(("One two three.", "one two three"), ("four", "five")) == pytest.approx(1 / 4)
    assert rate(("four", "")) == 1.0


def test_the_plain_normaliser_counts_abbreviations_as_errors() -> None:
    assert rate(("Hello, Mr. there!", "Hello Mister there")) == pytest.approx(1 / 3)


def test_references_without_words_have_no_rate() -> None:
    assert rate(("...", "noise")) is None
    assert rate(("...", "noise"), ("a", "a")) == 0.0
