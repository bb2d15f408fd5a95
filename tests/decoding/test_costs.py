"""Prices of steps: filled in, never falling, shared by the rows of a batch."""

from __future__ import annotations

import pytest

from specwhisper.decoding.costs import WIDTHS, WIDTHS_OF_A_BATCH, costs_from, measure


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


def test_measuring_asks_for_every_width_and_shares_the_price() -> None:
    asked: list[int] = []
    alone = measure(lambda: sum(range(2000)), lambda width: asked.append(width) or sum(range(20_000)))
    assert set(asked) == set(WIDTHS)
    shared = measure(lambda: sum(range(2000)), lambda width: sum(range(20_000)), rows=1000)
    assert 0 < shared.pass_of(1) < alone.pass_of(1)
