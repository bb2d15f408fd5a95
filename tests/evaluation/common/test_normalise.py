"""Only words count."""

from __future__ import annotations

from specwhisper.evaluation.common.normalise import normalise


def test_case_punctuation_and_asides_go() -> None:
    assert normalise("  Well -- he said: (laughs) THERE, it's 5!  ", "en") == "well he said there it s 5"
    assert normalise("Straße, café", "de") == "straße café"


def test_languages_without_spaces_are_counted_by_letter() -> None:
    assert normalise("你好。", "zh") == "你 好"
