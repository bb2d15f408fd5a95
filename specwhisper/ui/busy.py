"""While a run is under way: what starts one cannot be pressed again, and Stop can be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from specwhisper.ui.stops import Stops

_QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden", "queue": False}

_AT_ONCE = """(...inputs) => {
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
    """

    starts: tuple[gr.Button, ...]
    stop: gr.Button
    selector: str

    @classmethod
    def of(cls, starts: Sequence[gr.Button], stop: gr.Button, selector: str, stops: Stops) -> Busy:
        """Make Stop work; a visitor's own runs alone end with it."""

        def ask(request: gr.Request) -> Any:
            stops.ask(request.session_hash)
            return gr.update(value="Stopping …", interactive=False)

        stop.click(ask, outputs=stop, **_QUIET)
        return cls(tuple(starts), stop, selector)

    def begin(self) -> dict[str, Any]:
        """The event that comes before a run."""

        def work() -> list[Any]:
            closed = [gr.update(interactive=False)] * len(self.starts)
            return [*closed, gr.update(value="Stop", visible=True, interactive=True)]

        return {"fn": work, "outputs": self._outputs, "js": _AT_ONCE % self.selector, **_QUIET}

    def end(self) -> dict[str, Any]:
        """The event that comes after it, however it ended."""

        def rest() -> list[Any]:
            return [*[gr.update(interactive=True)] * len(self.starts), gr.update(visible=False)]

        return {"fn": rest, "outputs": self._outputs, **_QUIET}

    @property
    def _outputs(self) -> list[Any]:
        return [*self.starts, self.stop]
