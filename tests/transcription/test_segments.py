"""Timestamps cut a window into spans, and say where the next begins."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from specwhisper.transcription.segments import spans_of

S = 1000  # id of <|0.00|> here


def at(seconds: float) -> int:
    return S + round(seconds / 0.02)


@pytest.mark.parametrize(
    ("tokens", "spans", "reached"),
    [
        # Two segments, then a third that was not finished: hear it again from its beginning.
        ([at(0), 1, 2, at(4), at(5), 3, at(9), at(9.5), 4], [(0, 4), (5, 9)], 9.0),
        # Closed by a single timestamp: the window is done.
        ([at(0), 1, at(4), at(5), 2, at(9)], [(0, 4), (5, 9)], 30.0),
        # One segment without an end: it lasts as long as the window.
        ([at(1), 1, 2], [(1, 30)], 30.0),
        ([at(1), 1, 2, at(8)], [(1, 8)], 30.0),
        ([1, 2], [(0, 30)], 30.0),
        ([], [], 30.0),
    ],
)
def test_cuts(tokens, spans, reached) -> None:
    found, next_window = spans_of(tokens, S, 30.0)
    assert [(span.start, span.end) for span in found] == spans
    assert next_window == reached


def test_without_a_next_window_nothing_is_left_out() -> None:
    tokens = [at(0), 1, at(4), at(5), 2, 3]
    found, _ = spans_of(tokens, S, 30.0, whole=True)
    assert [token for span in found for token in span.tokens] == tokens
    assert (found[-1].start, found[-1].end) == (5, 30)


def test_nothing_ends_behind_the_window() -> None:
    found, reached = spans_of([at(0), 1, at(29)], S, 12.3)
    assert found[0].end == 12.3
    assert reached == 12.3


@settings(max_examples=200, deadline=None)
@given(
    some.lists(some.one_of(some.integers(0, 9), some.floats(0, 30).map(at)), max_size=30),
    some.floats(0.1, 30),
    some.booleans(),
)
def test_whatever_is_written_the_recording_goes_on_and_tokens_stay_in_order(tokens, seconds, whole) -> None:
    found, reached = spans_of(tokens, S, seconds, whole=whole)
    assert 0 < reached <= seconds
    joined = [token for span in found for token in span.tokens]
    assert joined == tokens[: len(joined)]
    assert all(span.tokens == tuple(tokens[span.first : span.first + len(span.tokens)]) for span in found)
    assert all(span.start >= 0 and span.end <= seconds for span in found)
