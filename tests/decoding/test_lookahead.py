"""When the draft goes on, and when it had better keep silent."""

from __future__ import annotations

from dataclasses import replace

import pytest

from specwhisper.decoding.costs import costs_from
from specwhisper.decoding.lookahead import (
    MAX_LOOKAHEAD,
    Confidence,
    CostAwareLookahead,
    Fixed,
    Lookahead,
    lookahead_from,
)
from specwhisper.errors import OptionError

FLAT = [10.0, 10.0, 10.0, 10.0, 10.5, 11.0, 12.0, 13.0]


def proposals(rule: CostAwareLookahead, probability: float) -> int:
    """How many tokens of that probability the rule asks for."""
    given: list[float] = []
    while rule.goes_on(given):
        given.append(probability)
    return len(given)


def test_fixed_counts() -> None:
    assert [Fixed(2).goes_on([0.1] * count) for count in range(4)] == [True, True, False, False]


def test_a_sure_and_cheap_draft_goes_far_and_a_doubtful_one_does_not() -> None:
    lengths = [proposals(CostAwareLookahead(costs_from(1.0, FLAT)), p) for p in (0.3, 0.7, 0.9, 0.999)]
    assert lengths == sorted(lengths)
    assert lengths[0] < lengths[-1] <= MAX_LOOKAHEAD


def test_a_dear_draft_is_asked_for_less() -> None:
    lengths = [proposals(CostAwareLookahead(costs_from(price, FLAT)), 0.9) for price in (0.2, 1.0, 3.0, 6.0)]
    assert lengths == sorted(lengths, reverse=True)
    assert lengths[0] > lengths[-1]


def test_a_draft_dearer_than_main_keeps_silent() -> None:
    rule = CostAwareLookahead(costs_from(30.0, FLAT))
    assert sum(proposals(rule, 0.99) for _ in range(60)) <= 10


def test_a_draft_that_is_always_wrong_falls_silent_but_is_asked_again() -> None:
    rule = CostAwareLookahead(costs_from(3.0, FLAT))
    drafted = []
    for _ in range(200):
        count = proposals(rule, 0.9)
        rule.learn([0.9] * count, 0)
        drafted.append(count)
    assert sum(count == 0 for count in drafted[-50:]) >= 40
    assert any(drafted[-50:])
    # When the speech gets easier, it comes back.
    for _ in range(100):
        count = proposals(rule, 0.9)
        rule.learn([0.9] * count, count)
    assert all(proposals(rule, 0.9) for _ in range(5))


def encoding(cost: float, step: float = 1.0) -> CostAwareLookahead:
    return CostAwareLookahead(replace(costs_from(step, FLAT), encode=(cost, cost, 2 * cost)))


def test_a_window_is_not_encoded_when_that_costs_more_than_it_saves() -> None:
    # Main writes 30 tokens of 10 s alone in 300; with the draft, about 4 of them per cycle of 13.
    assert encoding(100.0).pays(10.0)
    assert not encoding(250.0).pays(10.0)
    assert not any(encoding(250.0).pays(10.0) for _ in range(50))  # and there is nothing to be learnt
    assert not encoding(1.0, step=30.0).pays(10.0)  # such a draft saves nothing


def test_how_much_is_said_decides_with_it() -> None:
    rule = encoding(100.0)
    rule.wrote(300.0, 150)  # a slow speaker
    assert not rule.pays(10.0)
    rule.wrote(600.0, 6_000)
    assert rule.pays(10.0)


def test_a_draft_that_was_always_wrong_is_asked_again_now_and_then() -> None:
    rule = encoding(100.0, step=3.0)
    for _ in range(200):
        rule.learn([0.9] * 3, 0)
    drafted = [rule.pays(10.0) for _ in range(40)]
    assert 0 < sum(drafted) < 8


@pytest.mark.parametrize("rule", [Fixed(3), Confidence(), CostAwareLookahead(costs_from(1.0, FLAT))])
def test_where_encoding_costs_nothing_it_always_pays(rule: Lookahead) -> None:
    assert rule.pays(0.1) and rule.pays(30.0)


def test_the_same_costs_give_the_same_proposals() -> None:
    one, other = (CostAwareLookahead(costs_from(1.0, FLAT)) for _ in range(2))
    for accepted in (3, 0, 1, 4):
        assert proposals(one, 0.8) == proposals(other, 0.8)
        one.learn([0.8] * 4, accepted)
        other.learn([0.8] * 4, accepted)


def test_the_option() -> None:
    assert isinstance(lookahead_from("auto")(), Confidence)
    costs = costs_from(1.0, FLAT)
    one, other = lookahead_from("auto", costs)(), lookahead_from("auto", costs)()
    assert isinstance(one, CostAwareLookahead)
    assert one is not other
    assert lookahead_from(3)() == Fixed(3)
    for wrong in (0, 17, "many", None, 2.5):
        with pytest.raises(OptionError, match="Lookahead"):
            lookahead_from(wrong)
