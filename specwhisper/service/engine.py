"""The one owner of the models: a few jobs at a time, a few loaded pairs, progress for those who wait."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from threading import Event
from typing import TYPE_CHECKING, Any

import torch

from specwhisper.captions.captions import Captions
from specwhisper.errors import AudioTooLongError, BusyError, GivenUpError, OptionError, SpecWhisperError
from specwhisper.network.device import lent_per_call, where_it_runs
from specwhisper.progress import OnProgress, queued, unwatched
from specwhisper.proofread import Proofread
from specwhisper.results import Comparison, Transcript
from specwhisper.service.backend import Backend, PairState, Transcriber
from specwhisper.service.benchmark import BenchmarkJob
from specwhisper.service.job import Job
from specwhisper.service.line import Line
from specwhisper.service.loaded import LoadedPairs
from specwhisper.transcription.scheduler import Scheduler

if TYPE_CHECKING:
    from specwhisper.evaluation.common.document import Document
    from specwhisper.transcription.live.session import LiveSession

log = logging.getLogger(__name__)

HEARD_AHEAD = 120.0
"""Recordings up to so many seconds are short: heard before they wait (8 MB each)."""

PLACES = 4
"""Recordings whose windows are decoded together: more help nobody on a CPU, fewer let a short one wait."""


MOST_LIVE = 2
"""Live sessions at a time: what two cores can follow with base+tiny."""

_LIVE_LASTS = 60  # seconds after which somebody may have stopped

QUEUE = "engine"
"""The ``concurrency_id`` of every event of the page that uses the engine."""

AT_ONCE = 8
"""So many of them stand in the engine's own line; the others wait in Gradio's."""


class Engine:
    """Loads pairs on demand and runs a few jobs at a time, whose windows share passes.

    The line bounds how many are at it and takes clients by turns; the scheduler, which all pairs share, gives
    their windows rows.

    Args:
        precision: of the default pair as it is loaded at start; what requests ask for is their own.
        keep: pairs that stay in memory, the least recently used leaves first.
        max_seconds: longer recordings are refused.
        budget: bytes of weights that may stay in memory when another pair is loaded; None for half of a
            card's memory, or any number on a CPU.
        most_waiting: requests that may wait; None for any number.
        places: recordings at a time.
        most_live: live sessions at a time.
    """

    def __init__(
        self,
        backend: Backend,
        *,
        device: str = "auto",
        precision: str = "auto",
        pair: str | None = None,
        keep: int = 2,
        max_seconds: float,
        budget: int | None = None,
        most_waiting: int | None = None,
        places: int = PLACES,
        most_live: int = MOST_LIVE,
    ) -> None:
        self.default_pair = pair or backend.default_pair(device)
        self.max_seconds = max_seconds
        self.places = places
        self.codec = backend.codec
        self._backend = backend
        self._device = device
        self._precision = precision
        self.where = where_it_runs(device)
        """One sentence about what the models run on, and why; a driver is asked once."""
        self.most_live = most_live
        self._live = threading.BoundedSemaphore(most_live)
        self._scheduler = Scheduler(places)
        self._pairs = LoadedPairs(self._load, keep, _half_a_card(device) if budget is None else budget)
        self.line = Line(most_waiting, places)
        self.failed: str | None = None
        """Why the default pair could not be loaded."""

    @property
    def ready(self) -> bool:
        """Whether a pair is loaded, or will be in every call, where a card is lent for that long."""
        return bool(self._pairs.names) or lent_per_call()

    @property
    def loaded(self) -> tuple[tuple[str, str], ...]:
        """Pairs and precisions in memory, the most recently used last."""
        return self._pairs.names

    @property
    def passes(self) -> dict[str, str]:
        """By pair in memory, how a card runs it: recorded and checked, or eagerly, and why."""
        return self._pairs.passes

    def compare(self, job: Job, on_progress: OnProgress, client: str = "", **options: Any) -> Comparison:
        """Decode with main alone and with its draft.

        Args:
            client: who asks; clients have the engine by turns.
            options: further ones of ``Transcriber.compare``.

        Raises:
            SpecWhisperError: with the sentence to show.
        """
        with self._ready(job, on_progress, client) as (transcriber, sound):
            return transcriber.compare(sound, **_wishes(job, on_progress, client), **options)

    def transcribe(self, job: Job, on_progress: OnProgress, client: str = "", **options: Any) -> Transcript:
        """Decode once, as fast as the pair allows.

        Args:
            client: who asks; clients have the engine by turns.
            options: further ones of ``Transcriber.transcribe``.

        Raises:
            SpecWhisperError: with the sentence to show.
        """
        with self._ready(job, on_progress, client) as (transcriber, sound):
            return transcriber.transcribe(sound, **_wishes(job, on_progress, client), **options)

    def proofread(
        self, job: Job, captions: Captions, on_progress: OnProgress, client: str = "", **options: Any
    ) -> Proofread:
        """Check captions against a recording.

        Args:
            client: who asks; clients have the engine by turns.
            options: further ones of ``Transcriber.proofread``.

        Raises:
            SpecWhisperError: with the sentence to show.
        """
        with self._ready(job, on_progress, client) as (transcriber, sound):
            return transcriber.proofread(sound, captions, **_wishes(job, on_progress, client), **options)

    @contextmanager
    def live(
        self,
        pair: str,
        precision: str,
        on_progress: OnProgress = unwatched,
        client: str = "",
        **options: Any,
    ) -> Iterator[LiveSession]:
        """Have a live session; it is over when this ends.

        Args:
            on_progress: told of the pair's loading.
            client: who asks.
            options: further ones of ``Transcriber.live``.

        Raises:
            BusyError: there are as many as this machine can follow.
            SpecWhisperError: with the sentence to show.
        """
        if lent_per_call():
            raise OptionError("A card is lent here for one call at a time, so there are no live captions.")
        name = self._proper(pair)
        if not self._live.acquire(blocking=False):
            raise BusyError(
                f"{self.most_live} live sessions are open, as many as this machine can follow: "
                "wait until one ends.",
                _LIVE_LASTS,
            )
        try:
            with self._pairs.lease((name, precision), on_progress) as transcriber:
                session = transcriber.live(client=client, **options)
                try:
                    yield session
                finally:
                    session.cancel()
        finally:
            self._live.release()

    def benchmark(self, job: BenchmarkJob, on_progress: OnProgress, stop: Event) -> Document:
        """Measure pairs on a few clips; ``stop`` ends it after the clip at hand.

        Raises:
            SpecWhisperError: with the sentence to show.
        """

        def on_wait(fraction: float, message: str) -> None:
            if stop.is_set():
                raise GivenUpError("The benchmark was stopped before it began.")
            on_progress(fraction, message)

        checked = replace(job, pairs=tuple(self._backend.check_pair(pair) for pair in job.pairs))
        with self.line.turn("", self._waits(on_wait), long=True), ExitStack() as held, ExitStack() as alone:

            def load(pair: str, device: str, precision: str, *, on_progress: OnProgress) -> Transcriber:
                # Not while others stand still: one of them may be loading it. And one pair at a time.
                alone.close()
                held.close()
                transcriber = held.enter_context(self._pairs.lease((pair, precision), on_progress))
                between_clips()
                return transcriber

            def between_clips() -> None:
                # Its timings are to be its own, but nobody need wait for all of them.
                alone.close()
                alone.enter_context(self._scheduler.exclusive(on_wait=lambda ahead: on_wait(0.0, queued())))

            return self._backend.benchmark(checked, load, self._device, on_progress, stop, between_clips)

    def pairs(self) -> Sequence[PairState]:
        """The pairs to choose from, and whether they are ready here."""
        return self._backend.pair_states()

    def pair(self, name: str) -> PairState:
        """The same for one pair, also for one that is on no list.

        Raises:
            OptionError: no such models; the sentence to show.
        """
        return self._backend.pair_state(name)

    def warm_up(self) -> threading.Thread:
        """Load the default pair in the background, so that the page need not wait for it."""

        def work() -> None:
            try:
                with self._pairs.lease((self.default_pair, self._precision), unwatched):
                    pass
            except SpecWhisperError as error:
                self.failed = str(error)
                log.warning("%s is not loaded: %s", self.default_pair, error)
            except torch.cuda.OutOfMemoryError:
                self.failed = f"The card's memory does not hold {self.default_pair}: choose a smaller pair."
                log.warning("%s", self.failed)
            except Exception as error:
                self.failed = (
                    f"{self.default_pair} could not be loaded ({type(error).__name__}): see the log."
                )
                log.exception("%s is not loaded", self.default_pair)

        thread = threading.Thread(target=work, name="warm-up", daemon=True)
        thread.start()
        return thread

    @contextmanager
    def _ready(self, job: Job, on_progress: OnProgress, client: str) -> Iterator[tuple[Transcriber, object]]:
        """Wait for a place, with the pair loaded and the recording heard."""
        pair, sound = self._prepare(job, on_progress)
        wait = self._waits(on_progress)
        with (
            self._pairs.lease((pair, job.precision), on_progress) as transcriber,
            self.line.turn(client, wait, long=sound is None),
        ):
            yield transcriber, sound or self._backend.hear(job.audio, self.max_seconds)

    def _proper(self, pair: str) -> str:
        """A pair's proper name; the operator's own choice may be any, a visitor's is of the catalogue."""
        return pair if pair == self.default_pair else self._backend.check_pair(pair)

    def _waits(self, on_progress: OnProgress) -> Callable[[int], None]:
        return lambda ahead: on_progress(0.0, queued(ahead))

    def _load(self, key: tuple[str, str], on_progress: OnProgress) -> Transcriber:
        pair, precision = key
        return self._backend.load(
            pair,
            device=self._device,
            precision=precision,
            scheduler=self._scheduler,
            on_progress=on_progress,
        )

    def _prepare(self, job: Job, on_progress: OnProgress) -> tuple[str, object | None]:
        """Check and hear before waiting and loading: a mistake should cost neither time nor a download.

        Returns:
            The pair's proper name, and the sound; None of a longer recording, which is heard in its turn, for
            all who wait together must not fill the memory.
        """
        pair = self._proper(job.pair)
        on_progress(0.0, "Reading the recording")
        try:
            return pair, self._backend.hear(job.audio, min(HEARD_AHEAD, self.max_seconds))
        except AudioTooLongError:
            if self.max_seconds <= HEARD_AHEAD:
                raise
            return pair, None


def _wishes(job: Job, on_progress: OnProgress, client: str) -> dict[str, Any]:
    """What a transcriber is told of every job."""
    return {
        "language": job.language,
        "task": job.task,
        "lookahead": job.lookahead,
        "client": client,
        "on_progress": on_progress,
    }


def _half_a_card(device: str) -> int | None:
    """The other half is for the pair that is loaded next, for rows and for passes; None without a card."""
    if device == "cpu" or lent_per_call() or not torch.cuda.is_available():
        return None
    _, total = torch.cuda.mem_get_info()
    return total // 2
