"""Records survive JSON; rounds have medians, clips add up; cycles are counted once for all modes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import TypeAdapter

from specwhisper.evaluation.common.calls import Call, counted, together, typical
from specwhisper.results import Cycle, Seconds
from tests.evaluation.made import call, clip_calls

SPECULATIVE = replace(call(), drafted=4, accepted=2, places=((2, 2), (1, 0)), kinds={"word start": (3, 2)})


def test_a_record_survives_json() -> None:
    kinds = TypeAdapter(Call)
    assert kinds.validate_json(kinds.dump_json(SPECULATIVE)) == SPECULATIVE


def test_a_typical_call_has_the_first_text_and_the_medians_of_the_times() -> None:
    made = typical([call("one", decode=0.3), call("two", decode=9.0), call("three", decode=0.6)])
    assert made.text == "one"
    assert (made.decode, made.total) == pytest.approx((0.6, 0.81))


def test_calls_on_several_clips_add_up() -> None:
    short = replace(SPECULATIVE, places=((1, 1),), kinds={"punctuation": (1, 1)})
    made = together([SPECULATIVE, short, call()])
    assert (made.decided, made.drafted, made.accepted) == (9, 8, 4)
    assert made.places == ((3, 3), (1, 0))
    assert made.kinds == {"word start": (3, 2), "punctuation": (1, 1)}
    assert made.refused == 1
    assert made.decode == pytest.approx(0.9)


def test_steady_is_the_same_tokens_in_every_round() -> None:
    one = clip_calls(0.1, 0.2)
    assert one.steady
    assert not replace(one, calls=(*one.calls, call(tokens=(1, 3)))).steady


def test_cycles_are_counted() -> None:
    cycles = (
        Cycle(proposed=(1, 2, 3), accepted=1, correction=9, near_ties=1),
        Cycle(proposed=(1, 2), accepted=2, correction=None, held_back=2, window=1),
    )
    made = counted((1, 9, 1), cycles, Seconds(features=0.1, encode_main=0.2, encode_draft=0.1, verify=0.3))
    assert (made.decided, made.cycles, made.drafted, made.accepted, made.refused) == (4, 2, 5, 3, 1)
    assert (made.near_ties, made.held_back, made.windows) == (1, 2, 2)
    assert (made.features, made.encode, made.decode, made.total) == pytest.approx((0.1, 0.3, 0.3, 0.7))
