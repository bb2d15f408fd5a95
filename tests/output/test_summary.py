"""The finding in words."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from specwhisper.output.summary import find, metrics, real_time_factor, speed_phrase
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
