"""The one owner of the engine: one job at a time, a few loaded pairs, progress for those who wait."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from specwhisper.errors import SpecWhisperError
from specwhisper.results import Comparison, Transcript
from specwhisper.ui.backend import Backend, PairState, Transcriber
from specwhisper.ui.job import Job, OnProgress

log = logging.getLogger(__name__)

QUEUE = "engine"
"""The ``concurrency_id`` of every event that uses the engine: they share one place in line."""


class Engine:
    """Loads pairs on demand and runs one job at a time.

    Transcribers are not thread-safe and share one device, so a single lock covers loading and running.
    Gradio's queue already admits one event at a time; the lock also keeps out the loading at start.
    """

    def __init__(
        self,
        backend: Backend,
        *,
        device: str = "auto",
        pair: str | None = None,
        keep: int = 2,
        max_seconds: float,
    ) -> None:
        self.default_pair = pair or backend.default_pair(device)
        self.max_seconds = max_seconds
        self.codec = backend.codec
        self._backend = backend
        self._device = device
        self._keep = keep
        self._loaded: OrderedDict[tuple[str, str], Transcriber] = OrderedDict()
        self._lock = threading.Lock()
        self._doing = (0.0, "")

    def compare(self, job: Job, on_progress: OnProgress) -> Comparison:
        """Decode with main alone and with its draft.

        Raises:
            SpecWhisperError: with the sentence to show.
        """
        with self._turn(on_progress):
            transcriber, sound = self._prepare(job, on_progress)
            return transcriber.compare(
                sound, language=job.language, task=job.task, lookahead=job.lookahead, on_progress=on_progress
            )

    def transcribe(self, job: Job, on_progress: OnProgress, **options: Any) -> Transcript:
        """Decode once, as fast as the pair allows.

        Args:
            options: further ones of ``Transcriber.transcribe``.

        Raises:
            SpecWhisperError: with the sentence to show.
        """
        with self._turn(on_progress):
            transcriber, sound = self._prepare(job, on_progress)
            return transcriber.transcribe(
                sound,
                language=job.language,
                task=job.task,
                lookahead=job.lookahead,
                on_progress=on_progress,
                **options,
            )

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
                with self._turn(_ignore):
                    self._transcriber(self.default_pair, "auto", self._announce)
            except SpecWhisperError as error:
                log.warning("%s is not loaded: %s", self.default_pair, error)

        thread = threading.Thread(target=work, name="warm-up", daemon=True)
        thread.start()
        return thread

    @contextmanager
    def _turn(self, on_progress: OnProgress) -> Iterator[None]:
        """Hold the lock; while waiting for it, pass on what its holder is doing."""
        while not self._lock.acquire(timeout=0.25):
            fraction, message = self._doing
            on_progress(fraction, message or "Waiting for the model")
        try:
            yield
        finally:
            self._doing = (0.0, "")
            self._lock.release()

    def _announce(self, fraction: float, message: str) -> None:
        self._doing = (fraction, message)

    def _prepare(self, job: Job, on_progress: OnProgress) -> tuple[Transcriber, object]:
        """Check and hear before loading: a mistake should not cost a download."""
        pair = job.pair if job.pair == self.default_pair else self._backend.check_pair(job.pair)
        on_progress(0.0, "Reading the recording")
        sound = self._backend.hear(job.audio, self.max_seconds)
        return self._transcriber(pair, job.precision, on_progress), sound

    def _transcriber(self, pair: str, precision: str, on_progress: OnProgress) -> Transcriber:
        """A pair, loaded now unless it still is."""
        key = (pair, precision)
        if key in self._loaded:
            self._loaded.move_to_end(key)
            return self._loaded[key]
        # Make room first: two large models may not fit beside a third one.
        while len(self._loaded) >= self._keep:
            self._loaded.popitem(last=False)
        on_progress(0.0, f"Loading {pair}")
        loaded = self._backend.load(pair, device=self._device, precision=precision, on_progress=on_progress)
        self._loaded[key] = loaded
        return loaded


def _ignore(fraction: float, message: str) -> None:
    """Progress that nobody watches."""
