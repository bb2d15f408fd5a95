"""Finished runs, kept for a while under a name that nobody can guess: a reload or a link opens them again."""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from specwhisper.errors import OptionError
from specwhisper.results import Comparison, Transcript

MOST = 32
"""Runs that are kept in memory; the oldest leaves."""

ASKED = "() => [new URLSearchParams(location.search).get('run') ?? '']"
"""The run that the page's address names, as the input of an event."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What a page showed.

    Attributes:
        audio: path of the recording; empty for a comparison that was read from a file.
        name: of the recording, for the names of files.
        reached: where a transcription was stopped (s); None where all was done.
    """

    result: Comparison | Transcript
    audio: str
    name: str
    reached: float | None = None


class KeptRuns:
    """The runs of all visitors.

    Args:
        seconds: how long each one is kept: as long as its recording.
        now: a clock in seconds.
    """

    def __init__(self, seconds: float, now: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self._now = now
        self._runs: OrderedDict[str, tuple[float, Kept]] = OrderedDict()
        self._lock = Lock()

    def keep(self, run: Kept) -> str:
        """Its name in an address: ``c-`` before that of a comparison, ``t-`` before that of a transcript."""
        name = f"{'c' if isinstance(run.result, Comparison) else 't'}-{secrets.token_urlsafe(16)}"
        with self._lock:
            self._runs[name] = self._now() + self.seconds, run
            self._forget()
        return name

    def find(self, name: str) -> Kept:
        """The run of that name.

        Raises:
            OptionError: it has expired, or there never was one.
        """
        with self._lock:
            self._forget()
            found = self._runs.get(name)
        if found is None:
            raise OptionError("The result that this link names is no longer kept: run it again.")
        return found[1]

    def _forget(self) -> None:
        while self._runs:
            ends, _ = next(iter(self._runs.values()))
            if len(self._runs) <= MOST and ends > self._now():
                return
            self._runs.popitem(last=False)
