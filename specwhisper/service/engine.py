"""The one owner of the engine: one job at a time, a few loaded pairs, progress for those who wait."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from threading import Event
from typing import TYPE_CHECKING, Any

from specwhisper.errors import AudioTooLongError, GivenUpError, SpecWhisperError
from specwhisper.progress import OnProgress, unwatched
from specwhisper.results import Comparison, Transcript
from specwhisper.service.backend import Backend, PairState, Transcriber
from specwhisper.service.benchmark import BenchmarkJob
from specwhisper.service.job import Job
from specwhisper.service.line import Line, Ticket

if TYPE_CHECKING:
    from specwhisper.evaluation.document import Document

log = logging.getLogger(__name__)

HEARD_AHEAD = 120.0
"""Recordings up to so many seconds are short: heard before they wait (8 MB each), and served in pauses."""

QUEUE = "engine"
"""The ``concurrency_id`` of every event of the page that uses the engine."""

AT_ONCE = 8
"""So many of them stand in the engine's own line; the others wait in Gradio's."""


@dataclass(slots=True)
class Turn:
    """What a job that has the engine tells, and how it pauses.

    Attributes:
        holds: the pair and precision that it uses; short jobs that want the same may go first in a pause.
    """

    line: Line
    ticket: Ticket
    report: OnProgress
    holds: tuple[str, str] | None = None
    fraction: float = 0.0

    def on_progress(self, fraction: float, message: str) -> None:
        self.fraction = fraction
        self.report(fraction, message)

    def give_way(self) -> None:
        """Let a short job that waits for the same models go first."""
        if self.holds:
            message = "A short recording goes first"
            self.line.give_way(self.ticket, self.holds, lambda ahead: self.report(self.fraction, message))


class Engine:
    """Loads pairs on demand and runs one job at a time.

    Transcribers are not thread-safe and share one device, so one turn covers loading and running. The line
    keeps jobs apart, the loading at start among them, and takes clients by turns. Between its windows a job
    gives way to a short one of the same pair.

    Args:
        precision: of the default pair as it is loaded at start; what requests ask for is their own.
        keep: pairs that stay in memory, the least recently used leaves first.
        max_seconds: longer recordings are refused.
        budget: bytes of weights that may stay in memory when another pair is loaded; None for any.
        most_waiting: requests that may wait; None for any number.
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
    ) -> None:
        self.default_pair = pair or backend.default_pair(device)
        self.max_seconds = max_seconds
        self.codec = backend.codec
        self._backend = backend
        self._device = device
        self._precision = precision
        self._keep = keep
        self._loaded: OrderedDict[tuple[str, str], Transcriber] = OrderedDict()
        self._budget = budget
        self.line = Line(most_waiting)
        self._doing = (0.0, "")
        self.failed: str | None = None
        """Why the default pair could not be loaded."""

    @property
    def ready(self) -> bool:
        """Whether a pair is loaded."""
        return bool(self._loaded)

    @property
    def loaded(self) -> tuple[tuple[str, str], ...]:
        """Pairs and precisions in memory, the most recently used last."""
        return tuple(self._loaded)

    def compare(self, job: Job, on_progress: OnProgress, client: str = "", **options: Any) -> Comparison:
        """Decode with main alone and with its draft.

        Args:
            client: who asks; clients have the engine by turns.
            options: further ones of ``Transcriber.compare``.

        Raises:
            SpecWhisperError: with the sentence to show.
        """
        with self._ready(job, on_progress, client) as (transcriber, sound, turn):
            return transcriber.compare(
                sound,
                language=job.language,
                task=job.task,
                lookahead=job.lookahead,
                on_progress=turn.on_progress,
                between_windows=turn.give_way,
                **options,
            )

    def transcribe(self, job: Job, on_progress: OnProgress, client: str = "", **options: Any) -> Transcript:
        """Decode once, as fast as the pair allows.

        Args:
            client: who asks; clients have the engine by turns.
            options: further ones of ``Transcriber.transcribe``.

        Raises:
            SpecWhisperError: with the sentence to show.
        """
        with self._ready(job, on_progress, client) as (transcriber, sound, turn):
            return transcriber.transcribe(
                sound,
                language=job.language,
                task=job.task,
                lookahead=job.lookahead,
                on_progress=turn.on_progress,
                between_windows=turn.give_way,
                **options,
            )

    def benchmark(self, job: BenchmarkJob, on_progress: OnProgress, stop: Event) -> Document:
        """Measure pairs on a few clips; ``stop`` ends it after the clip at hand.

        Raises:
            SpecWhisperError: with the sentence to show.
        """

        def on_wait(fraction: float, message: str) -> None:
            if stop.is_set():
                raise GivenUpError("The benchmark was stopped before it began.")
            on_progress(fraction, message)

        def load(pair: str, device: str, precision: str, *, on_progress: OnProgress) -> Transcriber:
            turn.holds = pair, precision
            return self._transcriber(pair, precision, on_progress)

        checked = replace(job, pairs=tuple(self._backend.check_pair(pair) for pair in job.pairs))
        with self.turn(on_wait) as ticket:
            turn = Turn(self.line, ticket, on_progress)
            return self._backend.benchmark(checked, load, self._device, turn.on_progress, stop, turn.give_way)

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
                with self.turn(unwatched):
                    self._transcriber(self.default_pair, self._precision, self._announce)
            except SpecWhisperError as error:
                self.failed = str(error)
                log.warning("%s is not loaded: %s", self.default_pair, error)

        thread = threading.Thread(target=work, name="warm-up", daemon=True)
        thread.start()
        return thread

    @contextmanager
    def turn(
        self, on_progress: OnProgress, client: str = "", fits: Hashable | None = None
    ) -> Iterator[Ticket]:
        """Have the engine to oneself; while waiting for it, hear what its holder is doing.

        Args:
            fits: see ``service.line``.

        Raises:
            BusyError: too many wait already.
        """

        def on_wait(ahead: int) -> None:
            fraction, message = self._doing
            on_progress(fraction, message or f"Waiting for the models, {ahead} in line")

        with self.line.turn(client, on_wait, fits) as ticket:
            try:
                yield ticket
            finally:
                self._doing = (0.0, "")

    @contextmanager
    def _ready(
        self, job: Job, on_progress: OnProgress, client: str
    ) -> Iterator[tuple[Transcriber, object, Turn]]:
        """Wait for one's turn, with the pair loaded and the recording heard."""
        pair, sound = self._prepare(job, on_progress)
        holds = pair, job.precision
        with self.turn(on_progress, client, holds if sound else None) as ticket:
            transcriber = self._transcriber(pair, job.precision, on_progress)
            sound = sound or self._backend.hear(job.audio, self.max_seconds)
            yield transcriber, sound, Turn(self.line, ticket, on_progress, holds)

    def _over_budget(self) -> bool:
        """Whether what is loaded leaves no room for as much again as its largest pair."""
        if self._budget is None:
            return False
        held = [_held(each) for each in self._loaded.values()]
        return sum(held) + max(held) > self._budget

    def _announce(self, fraction: float, message: str) -> None:
        self._doing = (fraction, message)

    def _prepare(self, job: Job, on_progress: OnProgress) -> tuple[str, object | None]:
        """Check and hear before waiting and loading: a mistake should cost neither time nor a download.

        Returns:
            The pair's proper name, and the sound; None of a longer recording, which is heard in its turn, for
            all who wait together must not fill the memory.
        """
        pair = job.pair if job.pair == self.default_pair else self._backend.check_pair(job.pair)
        on_progress(0.0, "Reading the recording")
        try:
            return pair, self._backend.hear(job.audio, min(HEARD_AHEAD, self.max_seconds))
        except AudioTooLongError:
            if self.max_seconds <= HEARD_AHEAD:
                raise
            return pair, None

    def _transcriber(self, pair: str, precision: str, on_progress: OnProgress) -> Transcriber:
        """A pair, loaded now unless it still is."""
        key = (pair, precision)
        if key in self._loaded:
            self._loaded.move_to_end(key)
            return self._loaded[key]
        # Make room first: two large models may not fit beside a third one.
        while self._loaded and (len(self._loaded) >= self._keep or self._over_budget()):
            self._loaded.popitem(last=False)
        on_progress(0.0, f"Loading {pair}")
        loaded = self._backend.load(pair, device=self._device, precision=precision, on_progress=on_progress)
        self._loaded[key] = loaded
        return loaded


def _held(transcriber: Transcriber) -> int:
    memory = transcriber.memory
    return memory.main + memory.draft
