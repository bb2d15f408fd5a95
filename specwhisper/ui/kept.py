"""Runs, kept for a while under a name that nobody can guess: a reload or a link opens them again."""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

import gradio as gr

from specwhisper.errors import OptionError
from specwhisper.results import Comparison
from specwhisper.ui.events import QUIET, UNQUEUED
from specwhisper.ui.live import LiveRun

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
    """A finished comparison.

    Attributes:
        audio: path of the recording; empty where the result was read from a file.
        name: of the recording, for the names of files.
    """

    result: Comparison
    audio: str
    name: str


class KeptRuns:
    """The runs of all visitors: finished comparisons, and transcriptions from when they begin.

    Args:
        seconds: how long each one is kept: as long as its recording.
        now: a clock in seconds.
    """

    def __init__(self, seconds: float, now: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self._now = now
        self._runs: OrderedDict[str, tuple[float, Kept | LiveRun]] = OrderedDict()
        self._lock = Lock()

    def keep(self, run: Kept | LiveRun) -> str:
        """Its name in an address."""
        name = (COMPARISON if isinstance(run, Kept) else TRANSCRIPT) + secrets.token_urlsafe(16)
        with self._lock:
            self._runs[name] = self._now() + self.seconds, run
            self._forget()
        return name

    def live(self, name: str) -> bool:
        """Whether the run of that name is under way."""
        with self._lock:
            _, run = self._runs.get(name, (0.0, None))
        return isinstance(run, LiveRun) and not run.done

    def find(self, name: str) -> Kept | LiveRun:
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
    shown: Callable[[Kept | LiveRun, str, str | None], Iterator[list[Any]]],
    failed: Callable[[Exception], list[Any]],
    join: dict[str, Any] | None = None,
) -> Any:
    """Show the run again that the page's address names, if it names one of that kind.

    Args:
        shown: values for the outputs, of a run, its name and the browser's session; more than once where it
            is still under way.
        failed: the same of what is wrong.
        join: the event that comes before.

    Returns:
        The event, for what comes after it.
    """

    def regain(name: str, request: gr.Request) -> Iterator[list[Any]]:
        if not name:  # a page may tell of the empty value it begins with
            yield [gr.skip()] * len(outputs)
            return
        try:
            yield from shown(runs.find(name), name, request.session_hash)
        except Exception as error:  # noqa: BLE001 - failed() logs what is not the user's doing
            yield failed(error)

    # The server is asked only where there is a run: most pages open without one.
    app.load(None, outputs=asked, js=_ASKED % kind, **UNQUEUED)
    named = asked.change(**join).then if join else asked.change
    # Any number at once: who watches a long one keeps nobody from another.
    return named(regain, asked, list(outputs), concurrency_limit=None, **QUIET)
