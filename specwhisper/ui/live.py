"""A transcription under way: it goes on while the page that began it is opened anew."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from threading import Event

from specwhisper.errors import GivenUpError
from specwhisper.progress import StopTranscribing
from specwhisper.results import Segment, Transcript, Update
from specwhisper.service.job import Job
from specwhisper.transcription.background import Background

EVERY = 0.25
"""Seconds between two pictures of a growing text: more would only keep the browser busy."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What there is so far.

    Attributes:
        segments: they stay as they are.
        update: the latest; None before anything is written.
        doing: what is about to be done.
    """

    segments: tuple[Segment, ...] = ()
    update: Update | None = None
    doing: str = ""


class LiveRun:
    """One recording's transcription, which any number of pages may watch.

    Args:
        job: what is transcribed.
        transcribe: does it, given ``on_progress`` and ``on_update``.
        stop: set to end it with what is written by then.
    """

    def __init__(self, job: Job, transcribe: Callable[..., Transcript], stop: Event) -> None:
        self.job = job
        self.stop = stop
        self._picture = Picture()
        self._running: Background[Update, Transcript] = Background(
            lambda tell, progress: transcribe(on_progress=self._on_progress, on_update=self._on_update)
        )

    @property
    def done(self) -> bool:
        return self._running.done

    @property
    def stopped_at(self) -> float | None:
        """Where it was stopped (s); None where nobody asked for that."""
        if not self.stop.is_set():
            return None
        return self._picture.update.seconds if self._picture.update else 0.0

    def watch(self) -> Generator[Picture, None, Transcript]:
        """Pictures of the growing text, each once; returns the transcript.

        Raises:
            GivenUpError: it was stopped before anything was written.
            Exception: what it failed of.
        """
        seen = None
        while True:
            try:
                return self._running.result(EVERY)
            except TimeoutError:
                if self.done:
                    raise
            if self._picture is not seen:
                seen = self._picture
                yield seen

    def _on_progress(self, fraction: float, message: str) -> None:
        if self.stop.is_set() and self._picture.update is None:
            raise GivenUpError("Stopped before anything was written.")
        self._picture = replace(self._picture, doing=message)

    def _on_update(self, update: Update) -> None:
        before = self._picture
        self._picture = Picture((*before.segments, *update.segments), update, before.doing)
        if self.stop.is_set():
            raise StopTranscribing  # what it told of is in the transcript
