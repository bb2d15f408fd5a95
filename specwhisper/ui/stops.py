"""Who asked for an end, by browser session."""

from __future__ import annotations

from threading import Event

import gradio as gr


class Stops:
    """One running job per session; a visitor who closes the page has asked for its end.

    Args:
        app: the page, whose context is open.
    """

    def __init__(self, app: gr.Blocks) -> None:
        self._wanted: dict[str, Event] = {}

        def leave(request: gr.Request) -> None:
            self.ask(request.session_hash)

        app.unload(leave)

    def begin(self, session: str | None) -> Event:
        """A new run of that session; an earlier one is over."""
        event = self._wanted[session or ""] = Event()
        return event

    def ask(self, session: str | None) -> None:
        """Stop its run, if there is one."""
        event = self._wanted.get(session or "")
        if event:
            event.set()

    def end(self, session: str | None) -> None:
        self._wanted.pop(session or "", None)
