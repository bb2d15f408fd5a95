"""Prices of steps: filled in, never falling, shared by the rows of a batch."""

from __future__ import annotations

import pytest

from specwhisper.decoding.costs import (
    LENGTHS,
    WIDTHS,
    WIDTHS_OF_A_BATCH,
    Costs,
    costs_from,
    measure,
    measure_encoding,
)


def test_prices_between_the_timed_widths_are_interpolated() -> None:
    costs = costs_from(1.0, [float(width) for width in WIDTHS])
    assert costs.verify == pytest.approx([float(width) for width in range(1, WIDTHS[-1] + 1)])
    assert costs.pass_of(99) == costs.pass_of(WIDTHS[-1])


def test_prices_beyond_the_timed_widths_go_on_rising_alike() -> None:
    costs = costs_from(1.0, [1.0, 2.0, 4.0, 8.0], WIDTHS_OF_A_BATCH)
    assert costs.verify == pytest.approx([float(width) for width in range(1, WIDTHS[-1] + 1)])


def test_a_noisy_measurement_makes_no_wider_pass_cheaper() -> None:
    costs = costs_from(1.0, [5.0, 1.0, 2.0, 9.0, 3.0, 4.0, 12.0, 2.0])
    assert list(costs.verify) == sorted(costs.verify)


def test_a_disturbed_measurement_costs_no_more_than_a_wider_pass_that_could_do_its_work() -> None:
    costs = costs_from(1.0, [25.0, 9.0, 9.0, 9.0, 10.0, 99.0, 12.0, 16.0])
    assert [costs.pass_of(width) for width in (1, 2, 4, 6, 8, 12, 17)] == [
        9.0,
        9.0,
        9.0,
        10.0,
        12.0,
        12.0,
        16.0,
    ]


def test_a_busy_moment_disturbs_no_price() -> None:
    """The last five of the passes take longer: no width is timed only then."""
    asked = 0

    def verify(width: int) -> int:
        nonlocal asked
        asked += 1
        return sum(range(40_000 if asked > 40 else 2_000))

    costs = measure(lambda: None, verify)
    assert asked == 8 * (len(WIDTHS) + 1)
    assert costs.pass_of(WIDTHS[-1]) < 3 * costs.pass_of(1)


def test_measuring_asks_for_every_width_and_shares_the_price() -> None:
    asked: list[int] = []
    alone = measure(lambda: sum(range(2000)), lambda width: asked.append(width) or sum(range(20_000)))
    assert set(asked) == set(WIDTHS)
    shared = measure(lambda: sum(range(2000)), lambda width: sum(range(20_000)), rows=1000)
    assert 0 < shared.pass_of(1) < alone.pass_of(1)


def test_hearing_is_filled_in_between_the_lengths_that_are_timed() -> None:
    costs = Costs(1.0, (1.0,), encode=(1.0, 14.0, 29.0))
    assert [costs.encoding(sound) for sound in (0.1, 2.0, 8.5, 15.0, 22.5, 30.0)] == [1, 1, 7.5, 14, 21.5, 29]
    assert Costs(1.0, (1.0,)).encoding(30.0) == 0


def test_every_length_of_hearing_is_timed() -> None:
    asked: list[float] = []
    assert len(measure_encoding(asked.append)) == len(LENGTHS)
    assert set(asked) == set(LENGTHS)
