"""Intervals hold their value, are the same for the same seed, and narrow with more clips."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from specwhisper.evaluation.common.statistics import Estimate, ratio


def test_the_value_is_the_ratio_of_the_sums() -> None:
    found = ratio([1, 2, 3], [10, 10, 10])
    assert found is not None
    assert found.value == pytest.approx(0.2)
    assert found.low < 0.2 < found.high


def test_one_clip_has_no_interval_to_speak_of() -> None:
    assert ratio([1.0], [4.0]) == Estimate(0.25, 0.25, 0.25)


def test_nothing_to_divide_by_is_no_ratio() -> None:
    assert ratio([1, 2], [0, 0]) is None
    assert ratio([], []) is None


def test_more_clips_narrow_it() -> None:
    few, many = ratio([0, 1] * 5, [1] * 10), ratio([0, 1] * 200, [1] * 400)
    assert few is not None
    assert many is not None
    assert many.high - many.low < few.high - few.low


@settings(deadline=None)  # a busy machine is no fault
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 9)), min_size=1, max_size=20), st.integers(0, 99))
def test_a_seed_gives_the_same_interval_around_possible_values(
    clips: list[tuple[int, int]], seed: int
) -> None:
    above, below = zip(*clips, strict=True)
    found = ratio(above, below, seed)
    assert found == ratio(above, below, seed)
    assert found is not None
    shares = [one / other for one, other in clips]
    assert min(shares) - 1e-9 <= found.low <= found.high <= max(shares) + 1e-9
