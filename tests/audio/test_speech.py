"""What is kept of a recording joins to its stretches, and its clock leads back to the original."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from specwhisper.audio.speech import Speech, SpeechSpan

RATE = 16_000


def recording(seconds: float) -> np.ndarray:
    return np.arange(round(seconds * RATE), dtype=np.float32)


def test_without_stretches_everything_is_kept_and_nothing_copied() -> None:
    samples = recording(2)
    speech = Speech(samples)
    assert len(speech) == len(samples)
    assert np.shares_memory(speech.take(100, 200), samples)
    assert speech.original(1.25) == 1.25


def test_a_window_gathers_from_several_stretches() -> None:
    speech = Speech(recording(10), [SpeechSpan(0, 10), SpeechSpan(50, 60), SpeechSpan(100, 120)])
    assert speech.take(5, 25).tolist() == [*range(5, 10), *range(50, 60), *range(100, 105)]
    assert speech.take(35, 99).tolist() == [*range(115, 120)]
    assert len(speech.take(40, 50)) == 0


def test_at_a_seam_an_end_belongs_to_what_was_before_it() -> None:
    speech = Speech(recording(10), [SpeechSpan(RATE, 2 * RATE), SpeechSpan(5 * RATE, 7 * RATE)])
    assert speech.original(1.0) == 5.0
    assert speech.original(1.0, ending=True) == 2.0
    assert speech.original(0.0, ending=True) == 1.0
    assert speech.original(99.0) == 7.0


def test_a_piece_that_begins_just_before_a_seam_began_after_it() -> None:
    speech = Speech(recording(20), [SpeechSpan(RATE, 4 * RATE), SpeechSpan(10 * RATE, 14 * RATE)])
    assert speech.interval(2.8, 5.0) == (10.0, 12.0)
    assert speech.interval(1.0, 3.2) == (2.0, 4.0)
    assert speech.interval(2.0, 5.0) == (3.0, 12.0)
    assert speech.interval(2.7, 2.9) == pytest.approx((3.7, 3.9))
    assert speech.interval(3.0, 3.3) == pytest.approx((10.0, 10.3))


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (1.5, 2.0, (1.0, 3.0)),
        (5.0, 6.0, (5.0, 8.0)),  # begins with a stretch
        (2.0, 7.0, (1.0, 8.0)),  # lasts over the silence
        (3.0, 3.0, (1.0, 3.0)),
        (0.0, 9.0, (1.0, 8.0)),  # sticks out on both sides
    ],
)
def test_around_a_piece_are_the_nearest_silences(
    start: float, end: float, expected: tuple[float, float]
) -> None:
    speech = Speech(recording(9), [SpeechSpan(RATE, 3 * RATE), SpeechSpan(5 * RATE, 8 * RATE)])
    assert speech.around(start, end) == expected


def test_a_window_does_not_reach_over_long_silence() -> None:
    speech = Speech(
        recording(60), [SpeechSpan(0, RATE), SpeechSpan(3 * RATE, 5 * RATE), SpeechSpan(15 * RATE, 50 * RATE)]
    )
    assert speech.reach(0, 30 * RATE) == 3 * RATE  # over two seconds, not over ten
    assert speech.reach(2 * RATE, 30 * RATE) == 3 * RATE
    assert speech.reach(3 * RATE, 30 * RATE) == 33 * RATE
    assert speech.reach(33 * RATE, 30 * RATE) == len(speech) == 38 * RATE


def test_nothing_kept_is_nothing() -> None:
    speech = Speech(recording(1), [])
    assert len(speech) == 0
    assert speech.original(0.3) == 0.0
    assert not speech.holds(0, RATE)


@settings(max_examples=100, deadline=None)
@given(some.lists(some.integers(0, 3 * RATE), min_size=2, max_size=12, unique=True))
def test_the_clock_never_goes_back_and_stays_inside(edges: list[int]) -> None:
    edges = sorted(edges)
    stretches = [SpeechSpan(a, b) for a, b in zip(edges[::2], edges[1::2], strict=False)]
    samples = recording(3)
    speech = Speech(samples, stretches)
    assert np.array_equal(
        speech.take(0, len(speech)), np.concatenate([samples[each.start : each.end] for each in stretches])
    )
    moments = [index * speech.seconds / 50 for index in range(51)]
    for ending in (False, True):
        times = [speech.original(moment, ending=ending) for moment in moments]
        assert times == sorted(times)
        assert all(stretches[0].start / RATE <= time <= stretches[-1].end / RATE for time in times)
    assert all(speech.original(m, ending=True) <= speech.original(m) + 1e-9 for m in moments)


@pytest.mark.parametrize(
    ("start", "stop", "held"), [(0, 5, False), (5, 11, True), (19, 30, True), (20, 30, False)]
)
def test_holds(start: int, stop: int, held: bool) -> None:
    assert Speech(recording(1), [SpeechSpan(10, 20)]).holds(start, stop) is held
