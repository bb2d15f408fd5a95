from __future__ import annotations

import pytest

from specwhisper.transcription.live.agreement import agreed, continued, unrepeated
from specwhisper.vocabulary.words import Piece


def words(text: str) -> list[Piece]:
    return [Piece(f" {word}", 1) for word in text.split()]


@pytest.mark.parametrize(
    ("earlier", "later", "count"),
    (
        ("one two", "one two three", 2),
        ("one two three", "one two three", 2),  # the last may go on
        ("One, two", "one two. Three", 2),  # letters count
        ("one too", "one two three", 1),
        ("", "one two", 0),
        ("one two", "", 0),
        ("two", "one", 0),
    ),
)
def test_what_two_hypotheses_agree_on(earlier: str, later: str, count: int) -> None:
    assert agreed(words(earlier), words(later)) == count


@pytest.mark.parametrize(
    ("text", "other", "result"),
    (
        (" one two", " one two three", " one two three"),
        (" one two...", " once two three four", " one two three four"),
        (" one two three", " one two", " one two three"),
        ("", " one", " one"),
        (" one", "", " one"),
        (", he said", " he said so", ", he said so"),
        (" quite something", " else altogether now", " else altogether now"),
    ),
)
def test_a_newer_text_goes_on_where_the_better_one_ends(text: str, other: str, result: str) -> None:
    assert continued(text, other) == result


@pytest.mark.parametrize(
    ("text", "before", "result"),
    (
        (" and then he went", " One two three", " and then he went"),
        (" and then One two three four", " One two three four", " and then"),
        (" a b c d a b c d a b", "", " a b c d"),
        (" no no no", "", " no no no"),
        ("", "", ""),
    ),
)
def test_a_draft_that_has_lost_its_place_is_cut(text: str, before: str, result: str) -> None:
    assert unrepeated(text, before) == result
