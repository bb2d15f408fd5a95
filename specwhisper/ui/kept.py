"""Runs, kept for a while under a name that nobody can guess: a reload or a link opens them again."""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import Lock
from typing import Any, TypeAlias

import gradio as gr

from specwhisper.errors import OptionError
from specwhisper.ui.busy import Busy
from specwhisper.ui.config import asset_text
from specwhisper.ui.events import QUIET, UNQUEUED
from specwhisper.ui.live import LiveRun

AnyRun: TypeAlias = LiveRun[Any, Any]

MOST = 32
"""Runs that are kept in memory; the oldest leaves."""

COMPARISON, TRANSCRIPT, BENCHMARK, PROOFREAD = "c-", "t-", "b-", "p-"
"""How the names begin."""

_ASKED = """() => {
    const run = new URLSearchParams(location.search).get("run") ?? "";
    return run.startsWith("%s") ? run : "";
}"""

_NAMED = """new MutationObserver(() => address("%s")).observe(element, {
    childList: true, subtree: true, attributes: true, attributeFilter: ["data-kept"]});"""


class KeptRuns:
    """The runs of all visitors, from when they begin.

    Args:
        seconds: how long each one is kept: as long as its recording.
        now: a clock in seconds.
    """

    def __init__(self, seconds: float, now: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self._now = now
        self._runs: OrderedDict[str, tuple[float, AnyRun]] = OrderedDict()
        self._lock = Lock()

    def keep(self, run: AnyRun, kind: str) -> str:
        """Its name in an address."""
        name = kind + secrets.token_urlsafe(16)
        with self._lock:
            self._runs[name] = self._now() + self.seconds, run
            self._forget()
        return name

    def live(self, name: str) -> bool:
        """Whether the run of that name is under way."""
        with self._lock:
            _, run = self._runs.get(name, (0.0, None))
        return run is not None and not run.done

    def find(self, name: str) -> AnyRun:
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


def names_run(assets: Path, kind: str) -> str | None:
    """The script of the component that tells of a run: the page's address names the one that is shown."""
    script = asset_text(assets / "page" / "kept.js")
    return script and script + _NAMED % kind


def bring_back(
    app: gr.Blocks,
    asked: gr.Textbox,
    kind: str,
    runs: KeptRuns,
    busy: Busy,
    outputs: Sequence[Any],
    shown: Callable[[Any, str, str | None], Iterator[list[Any]]],
    failed: Callable[[Exception], list[Any]],
) -> Any:
    """Show the run again that the page's address names, if it names one of that kind.

    Args:
        busy: the buttons that start such runs.
        shown: values for the outputs, of a run, its name and the browser's session; more than once where it
            is still under way.
        failed: the same of what is wrong.

    Returns:
        The event, for what comes after it.
    """

    def regain(name: str, request: gr.Request) -> Iterator[list[Any]]:
        if not name:  # a page may tell of the empty value it begins with
            yield [gr.skip()] * len(outputs)
            return
        try:
            run = runs.find(name)
            busy.stops.join(request.session_hash, run.stop)
            try:
                yield from shown(run, name, request.session_hash)
            finally:
                busy.stops.end(request.session_hash, run.stop)
        except Exception as error:  # noqa: BLE001 - failed() logs what is not the user's doing
            yield failed(error)

    # The server is asked only where there is a run: most pages open without one.
    app.load(None, outputs=asked, js=_ASKED % kind, **UNQUEUED)
    named = asked.change(**busy.join(asked, runs.live))
    # Any number at once: who watches a long one keeps nobody from another.
    return named.then(regain, asked, list(outputs), concurrency_limit=None, **QUIET).then(**busy.end())
