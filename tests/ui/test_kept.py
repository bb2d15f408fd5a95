"""Finished runs under names that nobody can guess, for a while."""

from __future__ import annotations

from threading import Event
from types import SimpleNamespace

import gradio as gr
import pytest

from specwhisper.errors import OptionError
from specwhisper.service.job import parse_job
from specwhisper.ui.kept import COMPARISON, MOST, Kept, KeptRuns, asked_run, bring_back
from specwhisper.ui.live import LiveRun
from tests.ui.comparisons import make_comparison


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_run_is_found_until_it_expires() -> None:
    clock = Clock()
    runs = KeptRuns(60, clock)
    run = Kept(make_comparison(), "/sound.wav", "sound.wav")
    name = runs.keep(run)
    assert name.startswith("c-") and len(name) > 20
    live = LiveRun(parse_job("a.wav", "base+tiny"), lambda **told: make_comparison().speculative, Event())
    assert runs.keep(live).startswith("t-")
    clock.now = 59.0
    assert runs.find(name) is run
    clock.now = 60.0
    with pytest.raises(OptionError, match="no longer kept"):
        runs.find(name)


def test_names_are_never_given_twice_and_the_oldest_leaves() -> None:
    runs = KeptRuns(60)
    kept = Kept(make_comparison(), "", "")
    names = [runs.keep(kept) for _ in range(MOST + 1)]
    assert len(set(names)) == MOST + 1
    assert runs.find(names[-1]) and runs.find(names[1])
    for gone in (names[0], "", "c-", "../../etc/passwd"):
        with pytest.raises(OptionError):
            runs.find(gone)


def test_a_page_that_names_no_run_is_left_as_it_is() -> None:
    with gr.Blocks() as app:
        asked, output = asked_run(), gr.HTML()
        shown, failed = (lambda run, name, session: iter([[name]])), (lambda error: [str(error)])
        bring_back(app, asked, COMPARISON, KeptRuns(60), [output], shown, failed)
    regain = next(each.fn for each in app.fns.values() if each.fn)
    request = SimpleNamespace(session_hash="me")
    assert [*regain("", request)] == [[gr.skip()]]
    ((said,),) = regain("c-gone", request)
    assert "no longer kept" in said
