"""Finished runs, kept for a while under a name that nobody can guess: a reload or a link opens them again."""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

import gradio as gr

from specwhisper.errors import OptionError
from specwhisper.results import Comparison, Transcript
from specwhisper.ui.events import QUIET, UNQUEUED

MOST = 32
"""Runs that are kept in memory; the oldest leaves."""

COMPARISON, TRANSCRIPT = "c-", "t-"
"""How the names begin."""

_ASKED = """() => {
    const run = new URLSearchParams(location.search).get("run") ?? "";
    return run.startsWith("%s") ? run : "";
}"""


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
        """Its name in an address."""
        kind = COMPARISON if isinstance(run.result, Comparison) else TRANSCRIPT
        name = kind + secrets.token_urlsafe(16)
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


def asked_run() -> gr.Textbox:
    """Where the run's name that the page's address holds is put; to be made inside a tab."""
    return gr.Textbox("", visible="hidden")


def bring_back(
    app: gr.Blocks,
    asked: gr.Textbox,
    kind: str,
    runs: KeptRuns,
    outputs: Sequence[Any],
    shown: Callable[[Kept, str], list[Any]],
    failed: Callable[[Exception], list[Any]],
) -> Any:
    """Show the run again that the page's address names, if it names one of that kind.

    Args:
        shown: values for the outputs, of a run and its name.
        failed: the same of what is wrong.

    Returns:
        The event, for what comes after it.
    """

    def regain(name: str) -> list[Any]:
        if not name:  # a page may tell of the empty value it begins with
            return [gr.skip()] * len(outputs)
        try:
            return shown(runs.find(name), name)
        except Exception as error:  # noqa: BLE001 - failed() logs what is not the user's doing
            return failed(error)

    # The server is asked only where there is a run: most pages open without one.
    app.load(None, outputs=asked, js=_ASKED % kind, **UNQUEUED)
    return asked.change(regain, asked, list(outputs), **QUIET)
