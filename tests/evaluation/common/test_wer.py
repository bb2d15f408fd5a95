"""Errors over all clips together."""

from __future__ import annotations

import pytest

from specwhisper.evaluation.common.wer import Said, word_error_rate


def test_the_rate_is_of_all_words_together() -> None:
    said = [Said("One two three.", "one two three", "en"), Said("four", "five", "en")]
    assert word_error_rate(said) == pytest.approx(1 / 4)
    assert word_error_rate([Said("four", "", "en")]) == 1.0


def test_references_without_words_have_no_rate() -> None:
    assert word_error_rate([Said("...", "noise", "en")]) is None
    assert word_error_rate([Said("...", "noise", "en"), Said("a", "a", "en")]) == 0.0
