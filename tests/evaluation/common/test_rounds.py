"""Every way meets every subject in every round, in a moving order; one that breaks leaves the rest alone."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from specwhisper.evaluation.common.calls import Call
from specwhisper.evaluation.common.ledger import Ledger
from specwhisper.evaluation.common.rounds import Broken, Found, Rounds
from specwhisper.progress import OnProgress, unwatched
from tests.evaluation.made import call


class Noted:
    """Notes the turns of every way, and breaks at one of those of ``breaks`` if asked to."""

    def __init__(self, breaks: str = "", at: int = 0) -> None:
        self.turns: list[tuple[str, str]] = []
        self._breaks, self._at = breaks, at

    def measure(self, subject: str, way: str) -> Call:
        if way == self._breaks and self.ways.count(way) == self._at:
            raise Broken("out of paper")
        self.turns.append((subject, way))
        return call()

    @property
    def ways(self) -> str:
        return "".join(way for _, way in self.turns)

    @property
    def subjects(self) -> str:
        return "".join(subject for subject, _ in self.turns)


def rounds(
    ways: Sequence[str], subjects: str, count: int, ledger: Ledger | None = None, name: str = ""
) -> Rounds[str, Call]:
    ledger = Ledger(None, {}) if ledger is None else ledger
    named = [(f"clip {subject}", subject) for subject in subjects]
    return Rounds(ledger, name, named, ways, count, Call)


def run(
    every: Rounds[str, Call], noted: Noted, *, by_round: bool = True, on_progress: OnProgress = unwatched
) -> list[Found[str, Call]]:
    warm = lambda way: noted.measure("w", way)  # noqa: E731
    return list(every.each(noted.measure, on_progress, warm=warm, by_round=by_round))


def test_the_order_moves_on_and_warm_up_does_not_count() -> None:
    noted, every = Noted(), rounds("abc", "12", 2)
    found = run(every, noted)
    assert noted.ways == "abc" + "abc" + "bca" + "bca" + "cab"
    assert noted.subjects == "www" + "111" + "222" + "111" + "222"
    assert [one.subject for one in found] == ["1", "2"]
    for one in found:
        assert list(one.calls) == ["a", "b", "c"]
        assert [len(calls) for calls in one.calls.values()] == [2, 2, 2]
    assert found[1].order == [("b", "c", "a"), ("c", "a", "b")]
    assert every.failed == {}


def test_one_subject_after_the_other_is_handed_over_when_it_is_through() -> None:
    noted = Noted()
    each = rounds("ab", "12", 2).each(noted.measure, unwatched)
    assert next(each).subject == "1"
    assert noted.ways == "ab" + "ba"
    assert next(each).subject == "2"
    assert noted.ways[4:] == "ba" + "ab"
    assert noted.subjects == "11112222"


def test_progress_tells_round_subject_and_way() -> None:
    told: list[tuple[float, str]] = []
    run(rounds("ab", "1", 2), Noted(), on_progress=lambda *each: told.append(each))
    assert told == [
        (0.0, "warming up a"),
        (0.0, "warming up b"),
        (0.0, "round 1 of 2, clip 1, a"),
        (0.25, "round 1 of 2, clip 1, b"),
        (0.5, "round 2 of 2, clip 1, b"),
        (0.75, "round 2 of 2, clip 1, a"),
    ]


def test_a_way_that_breaks_is_taken_out_and_named() -> None:
    noted, every = Noted(breaks="b", at=2), rounds("ab", "12", 1)
    found = run(every, noted)
    assert every.failed == {"b": "out of paper"}
    assert all(one.calls["a"] for one in found)
    assert noted.ways.count("a") == 3


def test_ways_that_all_break_leave_nothing() -> None:
    every = rounds("a", "1", 3)
    (found,) = run(every, Noted(breaks="a"))
    assert found.calls == {"a": []}
    assert set(every.failed) == {"a"}


def test_what_the_ledger_holds_is_not_done_again() -> None:
    ledger = Ledger(None, {})
    first = run(rounds("a", "12", 2, ledger, "base"), Noted())
    assert not rounds("a", "12", 2, ledger, "base").missing("a")
    assert rounds("a", "12", 3, ledger, "base").missing("a")
    assert rounds("a", "12", 2, ledger, "small").missing("a")
    noted = Noted()
    found = run(rounds("ab", "12", 2, ledger, "base"), noted)
    assert noted.ways == "b" * 5
    assert [one.calls["a"] for one in found] == [one.calls["a"] for one in first]
    assert all(set(one.calls) == {"a", "b"} for one in found)


@pytest.mark.parametrize("by_round", [True, False])
def test_a_way_that_broke_goes_on_where_it_broke(by_round: bool) -> None:
    ledger = Ledger(None, {})
    every = rounds("a", "12", 1, ledger)
    run(every, Noted(breaks="a", at=2), by_round=by_round)
    assert every.failed
    noted = Noted()
    found = run(rounds("a", "12", 1, ledger), noted, by_round=by_round)
    assert noted.ways == "a" * 2  # warm-up, and the clip that was missing
    assert [one.subject for one in found if one.calls["a"]] == ["1", "2"]
