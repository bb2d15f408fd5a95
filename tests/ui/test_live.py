"""A transcription that pages watch while it runs."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event

import gradio as gr
import pytest

from specwhisper.errors import GivenUpError
from specwhisper.progress import StopTranscribing
from specwhisper.results import Segment, Transcript, Update
from specwhisper.service.job import parse_job
from specwhisper.ui.live import LiveTranscription, Picture, pictures, progress_html
from specwhisper.ui.stops import Stops
from tests.ui.comparisons import make_comparison

JOB = parse_job("a.wav", "base+tiny")
RESULT = make_comparison().speculative


class Steps:
    """A transcription that takes one step when it is told to."""

    def __init__(self) -> None:
        self.go = [Event() for _ in range(3)]

    def __call__(
        self, *, on_progress: Callable[[float, str], None], on_update: Callable[[Update], None]
    ) -> Transcript:
        on_progress(0.0, "Encoding audio")
        for number, go in enumerate(self.go):
            assert go.wait(10)
            try:
                segment = Segment(number, number + 1.0, f" {number}", ())
                on_update(Update((segment,), "", number + 1.0, 3.0))
            except StopTranscribing:
                break
        return RESULT

    def all(self) -> None:
        for go in self.go:
            go.set()


def last(run: LiveTranscription) -> tuple[list[Picture], Transcript]:
    """Pictures until the end, and the transcript."""
    pictures, watching = [], run.watch()
    while True:
        try:
            pictures.append(next(watching))
        except StopIteration as end:
            return pictures, end.value


def test_every_page_sees_all_of_it_and_leaving_does_not_end_it() -> None:
    steps = Steps()
    run = LiveTranscription(JOB, steps, Event())
    first = run.watch()
    assert next(first).doing == "Encoding audio"
    steps.go[0].set()
    assert [segment.text for segment in next(first).segments] == [" 0"]
    first.close()
    assert not run.done
    again = run.watch()
    assert [segment.text for segment in next(again).segments] == [" 0"]
    steps.all()
    assert last(run)[1] is RESULT
    assert run.done and run.stopped_at is None
    assert last(run) == ([], RESULT)  # also after its end


def test_stop_ends_it_with_what_there_is() -> None:
    steps, stop = Steps(), Event()
    run = LiveTranscription(JOB, steps, stop)
    steps.go[0].set()
    while next(run.watch()).update is None:
        pass
    stop.set()
    steps.all()
    assert last(run)[1] is RESULT
    assert run.stopped_at == 2.0  # what it was told of last is in the transcript


def test_what_is_wrong_is_told_to_everybody() -> None:
    stop = Event()
    stop.set()
    run = LiveTranscription(JOB, Steps(), stop)
    for _ in range(2):
        with pytest.raises(GivenUpError, match="before anything was written"):
            last(run)
    late = LiveTranscription(JOB, fail, Event())
    with pytest.raises(TimeoutError, match="no answer"):
        last(late)


def test_a_page_that_closes_leaves_the_run_to_its_time_of_grace() -> None:
    with gr.Blocks() as app:
        stops = Stops(app)
    steps, stop = Steps(), Event()
    run = LiveTranscription(JOB, steps, stop)
    stops.join("me", stop)
    watching = pictures(run, stops, "me", lambda picture: [picture.doing], lambda result: [result])
    assert next(watching) == ["Encoding audio"]
    watching.close()
    assert stop.is_set()  # no grace here
    steps.all()
    assert [*pictures(run, stops, "me", lambda picture: [], lambda result: [result])][-1] == [RESULT]


def test_progress_is_a_bar_and_what_is_said_is_escaped() -> None:
    said = progress_html(0.5, "<b>", 'c-"')
    assert 'value="0.5000"' in said
    assert "&lt;b&gt;" in said and "c-&quot;" in said


def fail(**told: object) -> Transcript:
    raise TimeoutError("no answer")
