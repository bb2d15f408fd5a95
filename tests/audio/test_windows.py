"""Windows hold every sample once, and none is a sliver."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from specwhisper.audio.windows import WINDOW_SAMPLES, windows_of


@settings(max_examples=50, deadline=None)
@given(whole=st.integers(0, 3), rest=st.one_of(st.integers(0, 3_000), st.integers(0, WINDOW_SAMPLES - 1)))
def test_nothing_is_lost_and_nothing_twice(whole: int, rest: int) -> None:
    samples = np.arange(whole * WINDOW_SAMPLES + rest, dtype=np.float32)
    cut = windows_of(samples)
    assert np.array_equal(np.concatenate([samples[:0], *(window.samples for window in cut)]), samples)
    assert all(0 < len(window.samples) <= WINDOW_SAMPLES for window in cut)
    assert all(window.samples[0] == np.float32(window.start_sample) for window in cut)
    assert len(cut) == -(-len(samples) // WINDOW_SAMPLES)
    if whole:
        assert all(len(window.samples) >= 1_600 for window in cut)


@pytest.mark.parametrize(
    ("count", "lengths"),
    [
        (0, []),
        (1, [1]),
        (WINDOW_SAMPLES, [WINDOW_SAMPLES]),
        (WINDOW_SAMPLES + 1, [WINDOW_SAMPLES - 16_000, 16_001]),
        (WINDOW_SAMPLES + 1_599, [WINDOW_SAMPLES - 16_000, 17_599]),
        (WINDOW_SAMPLES + 1_600, [WINDOW_SAMPLES, 1_600]),
    ],
)
def test_a_sliver_takes_a_second_from_the_window_before(count: int, lengths: list[int]) -> None:
    cut = windows_of(np.zeros(count, np.float32))
    assert [len(window.samples) for window in cut] == lengths
    assert [window.end_seconds for window in cut[:-1]] == [window.start_seconds for window in cut[1:]]


def test_windows_are_views() -> None:
    samples = np.zeros(WINDOW_SAMPLES + 9_000, np.float32)
    assert all(np.shares_memory(window.samples, samples) for window in windows_of(samples))
