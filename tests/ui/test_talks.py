"""A visitor's live session, with a made-up one behind it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from threading import Event

import numpy as np
import pytest

from specwhisper.errors import BusyError
from specwhisper.results import Transcript
from specwhisper.transcription.live.update import LiveUpdate
from specwhisper.ui.live_html import ended_html, talk_html
from specwhisper.ui.talks import LiveTalk, Talk, Talks, mono
from tests.ui.comparisons import HOSTILE, make_comparison


class Session:
    """Says a word for each piece of sound."""

    def __init__(self) -> None:
        self.fed: list[np.ndarray] = []
        self.cancelled = False
        self._told: SimpleQueue[LiveUpdate | None] = SimpleQueue()
        self.fails: Exception | None = None
        self.ended = False

    def feed(self, samples: np.ndarray) -> None:
        self.fed.append(samples)
        self._told.put(LiveUpdate(f" word{len(self.fed)}", " perhaps", sum(map(len, self.fed)) / 8000))

    def close(self) -> None:
        self._told.put(None)

    def cancel(self) -> None:
        self.cancelled = True
        self.close()

    def next(self, timeout: float) -> LiveUpdate | None:
        if self.fails and self.fed and self._told.empty():
            raise self.fails
        try:
            update = self._told.get(timeout=timeout)
        except Empty:
            return None
        self.ended = update is None
        return update

    def transcript(self) -> Transcript:
        return make_comparison("one two three").speculative


def begun(session: Session, ready: Event | None = None) -> LiveTalk:
    @contextmanager
    def begin(rate: int) -> Iterator[Session]:
        if ready:
            ready.wait(10)
        yield session

    return LiveTalk(begin, 8000)  # type: ignore[arg-type]


def within(true: Callable[[], object]) -> bool:
    until = time.monotonic() + 10
    while not (found := true()) and time.monotonic() < until:
        time.sleep(0.01)
    return bool(found)


def test_the_text_grows_and_the_transcript_comes_at_the_end() -> None:
    talk = begun(Session())
    for _ in range(3):
        talk.feed(np.zeros(800, np.float32))
    assert within(lambda: talk.talk.settled.endswith("word3") or talk.talk.settled == " word1")
    assert talk.talk.provisional == " perhaps"
    assert talk.talk.latency is not None and talk.talk.latency < 10
    transcript = talk.close()
    assert transcript is not None and transcript.text


def test_what_is_said_while_the_models_load_is_not_lost() -> None:
    session, ready = Session(), Event()
    talk = begun(session, ready)
    for _ in range(3):
        talk.feed(np.ones(800, np.float32))
    assert not talk.talk.ready and "Loading" in talk_html(talk.talk)
    ready.set()
    assert talk.close() is not None
    assert sum(map(len, session.fed)) == 2400


def test_an_error_is_told_once_and_what_was_written_is_kept() -> None:
    session = Session()
    session.fails = BusyError("Too much.", 1)
    talk = begun(session)
    talk.feed(np.zeros(800, np.float32))
    assert within(talk.failed)
    assert talk.failed() is None
    transcript = talk.close()
    assert transcript is not None and transcript.warnings == ("Too much.",)
    assert "Too much." in ended_html(transcript)


def test_an_error_before_anything_is_raised() -> None:
    @contextmanager
    def begin(rate: int) -> Iterator[Session]:
        raise BusyError("2 live sessions are open.", 60)
        yield

    talk = LiveTalk(begin, 8000)  # type: ignore[arg-type]
    with pytest.raises(BusyError):
        talk.close()


def test_a_new_session_ends_the_one_before() -> None:
    talks, sessions = Talks(), [Session(), Session()]

    def beginning(session: Session) -> object:
        @contextmanager
        def begin(rate: int) -> Iterator[Session]:
            yield session

        return begin

    first = talks.begin("a", beginning(sessions[0]), 8000)  # type: ignore[arg-type]
    assert within(lambda: first.talk.ready)
    second = talks.begin("a", beginning(sessions[1]), 8000)  # type: ignore[arg-type]
    assert sessions[0].cancelled and talks.of("a") is second
    assert within(lambda: second.talk.ready)
    talks.drop("a")
    assert sessions[1].cancelled and talks.of("a") is None
    talks.drop("nobody")


def test_a_page_that_sends_nothing_any_more_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("specwhisper.ui.talks._ABANDONED", 0.2)
    monkeypatch.setattr("specwhisper.ui.talks._LOOK", 0.05)
    session = Session()
    talk = begun(session)
    talk.feed(np.zeros(800, np.float32))
    assert within(lambda: session.ended)


def test_sound_that_comes_after_stop_begins_nothing_and_the_first_may_be_early() -> None:
    talks = Talks()

    @contextmanager
    def begin(rate: int) -> Iterator[Session]:
        yield Session()

    early = talks.begin("a", begin, 8000)  # type: ignore[arg-type]
    early.feed(np.zeros(800, np.float32))
    talks.expect("a")
    assert talks.of("a") is early and not talks.stopped("a")
    assert talks.take("a") is early and talks.stopped("a")
    talks.expect("a")
    assert not talks.stopped("a")
    early.cancel()


def test_sound_of_gradio() -> None:
    stereo = np.array([[16384, 0], [-32768, -32768]], np.int16)
    assert mono((44_100, stereo))[1].tolist() == [0.25, -1.0]
    assert mono((8_000, np.array([0.5], np.float32)))[1].tolist() == [0.5]


def test_nothing_that_was_said_is_markup() -> None:
    assert "<script" not in talk_html(Talk(f" {HOSTILE}", f" {HOSTILE}", 3.0, 0.2, True))
    assert "<script" not in ended_html(make_comparison(HOSTILE).speculative)
