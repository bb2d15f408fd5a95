"""A run under way: it goes on while the page that began it is opened anew."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace
from html import escape
from threading import Event
from typing import Any, Generic, TypeAlias, TypeVar

from specwhisper.errors import GivenUpError
from specwhisper.progress import OnProgress, StopTranscribing
from specwhisper.results import Segment, Transcript, Update
from specwhisper.service.job import Job
from specwhisper.transcription.background import Background
from specwhisper.ui.stops import Stops

EVERY = 0.25
"""Seconds between two pictures of a run: more would only keep the browser busy."""

Seen = TypeVar("Seen")
Result = TypeVar("Result")

Progress: TypeAlias = tuple[float, str]
"""The fraction that is done, and what is being done."""


class LiveRun(Generic[Seen, Result]):
    """What a visitor has started; any number of pages may watch it.

    Args:
        call: does it; is given a function that takes the latest picture of it.
        stop: set to end it.
        audio: path of the recording; empty where there is none, or it is not here.
        name: of the recording, for the names of files.
    """

    def __init__(
        self, call: Callable[[Callable[[Seen], None]], Result], stop: Event, audio: str = "", name: str = ""
    ) -> None:
        self.stop = stop
        self.audio = audio
        self.name = name
        self._picture: Seen | None = None
        self._running: Background[Seen, Result] = Background(lambda tell, progress: call(self._show))

    @property
    def done(self) -> bool:
        return self._running.done

    def watch(self) -> Generator[Seen, None, Result]:
        """Pictures of what is under way, each once; returns the result.

        Raises:
            GivenUpError: it was stopped before there was anything.
            Exception: what it failed of.
        """
        seen = None
        while True:
            try:
                return self._running.result(EVERY)
            except TimeoutError:
                if self.done:
                    raise
            if self._picture is not seen and self._picture is not None:
                seen = self._picture
                yield seen

    def _show(self, picture: Seen) -> None:
        self._picture = picture


@dataclass(frozen=True, slots=True)
class Picture:
    """What there is so far of a transcript.

    Attributes:
        segments: they stay as they are.
        update: the latest; None before anything is written.
        doing: what is about to be done.
    """

    segments: tuple[Segment, ...] = ()
    update: Update | None = None
    doing: str = ""


class LiveTranscription(LiveRun[Picture, Transcript]):
    """One recording's transcription.

    Args:
        job: what is transcribed.
        transcribe: does it, given ``on_progress`` and ``on_update``.
        stop: set to end it with what is written by then.
    """

    def __init__(self, job: Job, transcribe: Callable[..., Transcript], stop: Event) -> None:
        self._written = Picture()

        def call(show: Callable[[Picture], None]) -> Transcript:
            return transcribe(on_progress=self._on_progress, on_update=self._on_update)

        super().__init__(call, stop, str(job.audio), job.name)

    @property
    def stopped_at(self) -> float | None:
        """Where it was stopped (s); None where nobody asked for that."""
        if not self.stop.is_set():
            return None
        return self._written.update.seconds if self._written.update else 0.0

    def _on_progress(self, fraction: float, message: str) -> None:
        if self.stop.is_set() and self._written.update is None:
            raise GivenUpError("Stopped before anything was written.")
        self._write(replace(self._written, doing=message))

    def _on_update(self, update: Update) -> None:
        before = self._written
        self._write(Picture((*before.segments, *update.segments), update, before.doing))
        if self.stop.is_set():
            raise StopTranscribing  # what it told of is in the transcript

    def _write(self, picture: Picture) -> None:
        self._written = picture
        self._show(picture)


def pictures(
    run: LiveRun[Seen, Result],
    stops: Stops,
    session: str | None,
    doing: Callable[[Seen], list[Any]],
    done: Callable[[Result], list[Any]],
) -> Iterator[list[Any]]:
    """What a page shows of a run, and at last of its result.

    Args:
        session: the page's; when it closes, the run goes on for the time of grace.
        doing: values for its outputs while the run is under way.
        done: the same of the result.
    """
    watching = run.watch()
    try:
        while True:
            yield doing(next(watching))
    except StopIteration as end:
        yield done(end.value)
    finally:
        if not run.done:  # the page is gone
            stops.leave(session)


def told_until(stop: Event, show: Callable[[Progress], None], stopped: str) -> OnProgress:
    """Shows how far a run is, and ends it where somebody has asked for that.

    Args:
        stopped: what is said then.
    """

    def on_progress(fraction: float, message: str) -> None:
        if stop.is_set():
            raise GivenUpError(stopped)
        show((fraction, message))

    return on_progress


def progress_html(fraction: float, told: str, run: str = "") -> str:
    """How far a run is.

    Args:
        run: the name under which another page finds it.
    """
    return (
        f'<section class="sw-live" role="status" data-kept="{escape(run)}"><div class="sw-done">'
        f'<progress max="1" value="{fraction:.4f}"></progress><span>{escape(told)}</span></div></section>'
    )
