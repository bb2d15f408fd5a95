"""A call in the background: what it tells, and how it ends."""

from __future__ import annotations

import threading
from collections.abc import Callable
from threading import Event

import pytest

from specwhisper.errors import GivenUpError, OptionError
from specwhisper.transcription.background import Background


def call(tell: Callable[[int], None], on_progress: Callable[[float, str], None]) -> str:
    for number in range(3):
        tell(number)
    on_progress(0.75, "almost")
    on_progress(0.0, "tidying up")
    return "done"


@pytest.mark.timeout(20)
def test_whoever_asks_again_for_updates_is_not_left_waiting() -> None:
    running = Background(call)
    assert list(running.updates()) == [0, 1, 2]
    assert list(running.updates()) == []
    assert (running.result(), list(running.updates())) == ("done", [])


def test_progress_never_falls() -> None:
    running = Background(call)
    running.result()
    assert running.progress == (0.75, "tidying up")


def test_what_was_cancelled_before_it_began_says_so() -> None:
    begin = Event()

    def patient(tell: Callable[[int], None], on_progress: Callable[[float, str], None]) -> None:
        begin.wait(5)
        tell(1)

    running = Background(patient)
    threading.Timer(0.1, begin.set).start()
    running.cancel()
    with pytest.raises(GivenUpError, match="cancelled before"):
        running.result()


@pytest.mark.parametrize("timeout", ["x", True, float("nan")])
def test_a_timeout_that_is_no_number_is_refused(timeout: object) -> None:
    running = Background(call)
    with pytest.raises(OptionError, match="'timeout' is a number of seconds or None"):
        running.result(timeout=timeout)  # type: ignore[arg-type]
    assert running.result(timeout=float("inf")) == "done"
