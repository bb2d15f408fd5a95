"""The finding in words."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from specwhisper.output.summary import (
    find,
    metrics,
    real_time,
    real_time_factor,
    speed_phrase,
    ways,
    why_total,
)
from specwhisper.results import Difference
from tests.ui.comparisons import make_comparison


@pytest.mark.parametrize(
    ("factor", "what", "phrase"),
    [
        (1.4, "decode", "1.40× faster decode"),
        (0.5, "decode", "2.00× slower decode"),
        (1.001, "decode", "same decode time"),
        (0.8, "in total", "1.25× slower in total"),
        (1.0, "in total", "same time in total"),
        (0.0, "decode", "no decode time measured"),
        (float("inf"), "in total", "no time measured in total"),
        (float("nan"), "decode", "no decode time measured"),
    ],
)
def test_speed_is_said_honestly(factor: float, what: str, phrase: str) -> None:
    assert speed_phrase(factor, what) == phrase


def test_identical() -> None:
    finding = find(make_comparison())
    assert finding.verdict == "Identical: 54 of 54 tokens"
    assert finding.difference == ""
    assert finding.speed.startswith("1.40× faster decode, ")


def test_different() -> None:
    finding = find(make_comparison(differ_at=7))
    assert not finding.identical
    assert finding.verdict == "Different: the first 7 of 54 tokens agree"
    assert finding.difference == "At token 8, main alone wrote “amidst”; with its draft it wrote “place”."


def test_one_ended_before_the_other() -> None:
    comparison = make_comparison()
    token = comparison.baseline.tokens[3]
    finding = find(replace(comparison, first_difference=Difference(54, None, token)))
    assert finding.difference.startswith("At token 55, main alone had already ended; with its draft it wrote")


def test_silence() -> None:
    assert find(make_comparison("")).verdict == "Identical: no speech, no tokens"
    assert real_time_factor(make_comparison("", duration=0.0).baseline) == 0.0


def test_metrics_are_plain_data() -> None:
    numbers = metrics(make_comparison(differ_at=3))
    assert json.loads(json.dumps(numbers)) == numbers
    assert numbers["identical"] is False
    assert numbers["main"] == "base"
    assert numbers["draft"] == "tiny"
    assert numbers["accepted"] <= numbers["drafted"]


@pytest.mark.parametrize(
    ("sound", "work", "phrase"),
    [
        (30, 2.5, "12x real time"),
        (3, 2, "1.5x real time"),
        (1, 4, "0.2x real time"),
        (0, 1, "no time measured"),
    ],
)
def test_real_time(sound: float, work: float, phrase: str) -> None:
    assert real_time(sound, work) == phrase


def test_the_two_ways_have_names_of_a_bearable_length() -> None:
    comparison = make_comparison()
    assert ways(comparison) == ("base alone", "base + tiny draft")
    stats = replace(comparison.speculative.stats, main="/very/long/" * 50)
    long = replace(comparison, speculative=replace(comparison.speculative, stats=stats))
    assert all(len(name) < 100 for name in ways(long))


def test_why_the_total_gains_less_is_reckoned_from_the_run() -> None:
    comparison = make_comparison()
    spent = comparison.speculative.stats.seconds
    share = (spent.audio + spent.features + spent.encode_main) / spent.total
    assert f"take {share:.0%} of the total" in why_total(comparison)
