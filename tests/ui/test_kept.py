"""Finished runs under names that nobody can guess, for a while."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event, Timer
from types import SimpleNamespace

import gradio as gr
import pytest

from specwhisper.errors import OptionError
from specwhisper.ui.busy import Busy
from specwhisper.ui.kept import COMPARISON, MOST, KeptRuns, asked_run, bring_back
from specwhisper.ui.live import LiveRun, pictures
from specwhisper.ui.stops import Stops
from tests.ui.comparisons import make_comparison


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_run_is_found_until_it_expires() -> None:
    clock = Clock()
    runs = KeptRuns(60, clock)
    run = made()
    name = runs.keep(run, COMPARISON)
    assert name.startswith("c-") and len(name) > 20
    clock.now = 59.0
    assert runs.find(name) is run
    clock.now = 60.0
    with pytest.raises(OptionError, match="no longer kept"):
        runs.find(name)


def test_names_are_never_given_twice_and_the_oldest_leaves() -> None:
    runs = KeptRuns(60)
    run = made()
    names = [runs.keep(run, COMPARISON) for _ in range(MOST + 1)]
    assert len(set(names)) == MOST + 1
    assert runs.find(names[-1]) and runs.find(names[1])
    for gone in (names[0], "", "c-", "../../etc/passwd"):
        with pytest.raises(OptionError):
            runs.find(gone)


def test_it_is_known_whether_a_run_is_under_way() -> None:
    runs, go = KeptRuns(60), Event()
    name = runs.keep(LiveRun(lambda show: go.wait(10), Event()), COMPARISON)
    assert runs.live(name)
    go.set()
    for _ in runs.find(name).watch():
        pass
    assert not runs.live(name)
    assert not runs.live("c-gone")


def test_a_page_that_names_no_run_is_left_as_it_is() -> None:
    with gr.Blocks() as app:
        asked, output, button = asked_run(), gr.HTML(), gr.Button()
        busy = Busy.of([button], button, "#none", Stops(app))
        shown, failed = (lambda run, name, session: iter([[name]])), (lambda error: [str(error)])
        bring_back(app, asked, COMPARISON, KeptRuns(60), busy, [output], shown, failed)
    regain = next(each.fn for each in app.fns.values() if each.fn and each.fn.__name__ == "regain")
    request = SimpleNamespace(session_hash="me")
    assert [*regain("", request)] == [[gr.skip()]]
    ((said,),) = regain("c-gone", request)
    assert "no longer kept" in said


def test_a_page_that_is_opened_anew_keeps_its_run_going() -> None:
    with gr.Blocks() as app:
        asked, output, button = asked_run(), gr.HTML(), gr.Button()
        stops, runs = Stops(app), KeptRuns(60)
        busy = Busy.of([button], button, "#none", stops)
        go, stop = Event(), Event()
        run = LiveRun(lambda show: go.wait(10), stop)
        name = runs.keep(run, COMPARISON)

        def shown(run: LiveRun, name: str, session: str) -> Iterator[list]:
            return pictures(run, stops, session, lambda seen: [seen], lambda result: [result])

        bring_back(app, asked, COMPARISON, runs, busy, [output], shown, lambda error: [str(error)])
    regain = next(each.fn for each in app.fns.values() if each.fn and each.fn.__name__ == "regain")
    stops.join("first", stop)
    watching = regain(name, SimpleNamespace(session_hash="second"))
    Timer(0.1, stops.leave, ["first"]).start()
    Timer(0.5, go.set).start()
    assert [*watching] == [[True]]
    assert not stop.is_set()


def made() -> LiveRun:
    return LiveRun(lambda show: make_comparison(), Event(), "/sound.wav", "sound.wav")
