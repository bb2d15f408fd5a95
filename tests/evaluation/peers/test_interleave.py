"""Every engine meets every clip in every round, in a moving order; one that breaks leaves the rest alone."""

from __future__ import annotations

import numpy as np

from specwhisper.evaluation.common.ledger import Ledger
from specwhisper.evaluation.peers.interleave import complete, interleave
from specwhisper.evaluation.peers.measures import Written
from tests.evaluation.made import heard, written


class Noted:
    """An engine that notes its turns, and fails at one of them if asked to."""

    def __init__(self, name: str, turns: list[str], fails_at: int | None = None) -> None:
        self.name, self.turns, self.fails_at = name, turns, fails_at

    def transcribe(self, samples: np.ndarray, language: str) -> Written:
        if self.turns.count(self.name) == self.fails_at:
            raise RuntimeError("out of\n  paper")
        self.turns.append(self.name)
        return written()


def test_the_order_moves_on_and_warm_up_does_not_count() -> None:
    turns: list[str] = []
    engines = {name: Noted(name, turns) for name in "abc"}
    outcome = interleave(engines, [heard("1"), heard("2")], 2, Ledger(None, {}), settle=0)
    assert "".join(turns) == "abc" + "abc" + "bca" + "bca" + "cab"
    assert set(outcome.measured) == {"a", "b", "c"}
    for clips in outcome.measured.values():
        assert [clip.clip.name for clip in clips] == ["1", "2"]
        assert [[run.round for run in clip.runs] for clip in clips] == [[0, 1], [0, 1]]
    assert outcome.failed == {}


def test_an_engine_that_breaks_is_taken_out_and_named() -> None:
    turns: list[str] = []
    engines = {"a": Noted("a", turns), "b": Noted("b", turns, fails_at=2)}
    outcome = interleave(engines, [heard("1"), heard("2")], 1, Ledger(None, {}), settle=0)
    assert outcome.failed == {"b": "out of paper"}
    assert set(outcome.measured) == {"a"}
    assert turns.count("a") == 3


def test_engines_that_all_break_leave_nothing() -> None:
    outcome = interleave({"a": Noted("a", [], fails_at=0)}, [heard()], 3, Ledger(None, {}), settle=0)
    assert outcome.measured == {}
    assert set(outcome.failed) == {"a"}


def test_what_the_ledger_holds_is_not_done_again() -> None:
    ledger = Ledger(None, {})
    clips = [heard("1"), heard("2")]
    turns: list[str] = []
    first = interleave({"a": Noted("a", turns)}, clips, 2, ledger, group="base", settle=0)
    assert complete("a", clips, 2, ledger, "base")
    assert not complete("a", clips, 3, ledger, "base")
    assert not complete("a", clips, 2, ledger, "small")
    turns.clear()
    both = {"a": None, "b": Noted("b", turns)}
    outcome = interleave(both, clips, 2, ledger, group="base", settle=0)
    assert turns == ["b"] * 5
    assert outcome.measured["a"] == first.measured["a"]
    assert set(outcome.measured) == {"a", "b"}


def test_an_engine_that_broke_goes_on_where_it_broke() -> None:
    ledger = Ledger(None, {})
    clips = [heard("1"), heard("2")]
    assert interleave({"a": Noted("a", [], fails_at=2)}, clips, 1, ledger, settle=0).failed
    turns: list[str] = []
    outcome = interleave({"a": Noted("a", turns)}, clips, 1, ledger, settle=0)
    assert turns == ["a"] * 2  # warm-up, and the clip that was missing
    assert [clip.clip.name for clip in outcome.measured["a"]] == ["1", "2"]
