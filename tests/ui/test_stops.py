"""Whose run is asked to end, by session."""

from __future__ import annotations

from types import SimpleNamespace

import gradio as gr

from specwhisper.ui.stops import Stops


def made() -> Stops:
    with gr.Blocks() as app:
        return Stops(app)


def test_a_session_stops_its_own_runs_alone() -> None:
    stops = made()
    mine, other = stops.begin("mine"), stops.begin("other")
    stops.ask("mine")
    assert mine.is_set()
    assert not other.is_set()
    stops.end("mine", mine)
    assert not stops.begin("mine").is_set()


def test_what_was_stopped_while_it_waited_begins_stopped_and_the_next_does_not() -> None:
    stops = made()
    stops.expect("mine")
    stops.ask("mine")
    assert stops.begin("mine").is_set()
    stops.expect("mine")
    stops.ask("mine")  # and then it never began: the queue was full
    stops.expect("mine")
    assert not stops.begin("mine").is_set()


def test_what_begins_after_its_page_closed_begins_stopped() -> None:
    with gr.Blocks() as app:
        stops = Stops(app)
    (unload,) = app.fns.values()
    stops.expect("gone")
    assert unload.fn
    unload.fn(SimpleNamespace(session_hash="gone"))
    assert stops.begin("gone").is_set()


def test_runs_that_never_begin_are_forgotten_in_the_end() -> None:
    stops = made()
    for each in range(5_000):
        stops.expect(f"gone {each}")
    stops.ask("gone 0")
    assert not stops.begin("gone 0").is_set()
    stops.ask("gone 4999")
    assert stops.begin("gone 4999").is_set()


def test_a_run_goes_on_for_a_while_without_a_page_and_another_can_join_it() -> None:
    with gr.Blocks() as app:
        stops = Stops(app, grace=0.1)
    left, joined, ended = (stops.begin(session) for session in ("left", "first", "ended"))
    stops.end("ended", ended)
    stops.join("second", joined)
    for session in ("left", "first", "ended"):
        stops.leave(session)
    assert not left.is_set()
    assert left.wait(5)
    assert not joined.is_set() and not ended.is_set()
    stops.leave("second")
    assert joined.wait(5)


def test_who_joins_a_run_can_stop_it() -> None:
    stops = made()
    run = stops.begin("first")
    stops.join("second", run)
    stops.ask("second")
    assert run.is_set()
