"""Who asked for an end, by browser session."""

from __future__ import annotations

from threading import Event, Timer

import gradio as gr

_WAITING = 1_000
"""Expected runs that are kept: Gradio drops most whose page has closed without a word, and starts some."""


class Stops:
    """The running jobs of every session; a visitor who closes the page has asked for their end.

    Args:
        app: the page, whose context is open.
        grace: seconds that a run goes on without a page, so that one which is opened anew can join it.
    """

    def __init__(self, app: gr.Blocks, grace: float = 0.0) -> None:
        self._grace = grace
        self._wanted: dict[str, list[Event]] = {}
        self._expected: dict[str, Event] = {}

        def leave(request: gr.Request) -> None:
            self.leave(request.session_hash)

        app.unload(leave)

    def expect(self, session: str | None) -> None:
        """That session has asked for a run, which may have to wait; it can be stopped already."""
        self._expected.pop(session or "", None)
        while len(self._expected) >= _WAITING:
            del self._expected[next(iter(self._expected))]
        self._expected[session or ""] = Event()

    def begin(self, session: str | None) -> Event:
        """A new run of that session, or the one that was expected."""
        event = self._expected.pop(session or "", None) or Event()
        self.join(session, event)
        return event

    def join(self, session: str | None, event: Event) -> None:
        """That run is this session's too: it has Stop, and the run goes on while its page is open."""
        self._wanted.setdefault(session or "", []).append(event)

    def leave(self, session: str | None) -> None:
        """The session's page is gone: what still waits will not begin, what runs has its time of grace."""
        if expected := self._expected.get(session or ""):
            expected.set()
        events = self._wanted.pop(session or "", [])
        if self._grace and events:
            timer = Timer(self._grace, self._give_up, [events])
            timer.daemon = True
            timer.start()
        else:
            self._give_up(events)

    def ask(self, session: str | None) -> None:
        """Stop its runs, if there are any."""
        expected = self._expected.get(session or "")
        for event in (*self._wanted.get(session or "", ()), *([expected] if expected else ())):
            event.set()

    def end(self, session: str | None, event: Event) -> None:
        """That run is over."""
        events = self._wanted.get(session or "", [])
        if event in events:
            events.remove(event)
        if not events:
            self._wanted.pop(session or "", None)

    def _give_up(self, events: list[Event]) -> None:
        """Stop those that are no other session's."""
        watched = [event for others in list(self._wanted.values()) for event in others]
        for event in events:
            if event not in watched:
                event.set()
