"""While a run is under way: what starts one cannot be pressed again, and Stop can be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from specwhisper.ui.events import UNQUEUED
from specwhisper.ui.stops import Stops

_CLOSED = """(...inputs) => {
    for (const each of document.querySelectorAll("%s")) each.disabled = true;
    return inputs;
}"""
"""A double click is quicker than the server's answer, and its second half may hit what has moved there."""


@dataclass(frozen=True, slots=True)
class Busy:
    """The buttons of one form.

    Attributes:
        starts: each of them starts a run.
        stop: is there only while one is under way.
        selector: CSS of ``starts``.
        stops: of the form's runs.
    """

    starts: tuple[gr.Button, ...]
    stop: gr.Button
    selector: str
    stops: Stops

    @classmethod
    def of(
        cls,
        starts: Sequence[gr.Button],
        stop: gr.Button,
        selector: str,
        stops: Stops,
        stopping: str = "Stopping …",
    ) -> Busy:
        """Make Stop work; a visitor's own runs alone end with it, also one that still waits.

        Args:
            stopping: what the button says until the run has ended.
        """

        def ask(request: gr.Request) -> Any:
            stops.ask(request.session_hash)
            return gr.update(value=stopping, interactive=False)

        stop.click(ask, outputs=stop, **UNQUEUED)
        return cls(tuple(starts), stop, selector, stops)

    def begin(self) -> dict[str, Any]:
        """The event that comes before a run."""

        def work(request: gr.Request) -> list[Any]:
            self.stops.expect(request.session_hash)
            return self._working()

        return {"fn": work, "outputs": self._outputs, "js": _CLOSED % self.selector, **UNQUEUED}

    def join(self, name: gr.Textbox, live: Callable[[str], bool]) -> dict[str, Any]:
        """The event that comes before a run is shown again which may still be under way.

        Args:
            name: of the run.
            live: whether it is under way.
        """

        def work(name: str) -> list[Any]:
            return self._working() if live(name) else [gr.skip()] * len(self._outputs)

        return {"fn": work, "inputs": name, "outputs": self._outputs, **UNQUEUED}

    def end(self) -> dict[str, Any]:
        """The event that comes after it, however it ended."""

        def rest() -> list[Any]:
            return [*[gr.update(interactive=True)] * len(self.starts), gr.update(visible=False)]

        return {"fn": rest, "outputs": self._outputs, **UNQUEUED}

    def _working(self) -> list[Any]:
        closed = [gr.update(interactive=False)] * len(self.starts)
        return [*closed, gr.update(value="Stop", visible=True, interactive=True)]

    @property
    def _outputs(self) -> list[Any]:
        return [*self.starts, self.stop]
