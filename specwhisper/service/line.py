"""Who is next: one job at a time, a bounded line, clients by turns.

A client that sends twenty recordings waits behind its own; another one that sends a single recording comes
after the first of them (round robin over clients, first come first served within one).
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from specwhisper.errors import BusyError

_LOOK = 0.25  # seconds between two looks whether somebody who waits still wants to
_USUAL = 2.0  # seconds of a turn, before any was seen
_MEMORY = 0.8  # of the mean turn, per turn


class Line:
    """A line for one thing.

    Args:
        most: so many may wait; None lets any number.
    """

    def __init__(self, most: int | None = None) -> None:
        self._most = most
        self._change = threading.Condition()
        self._clients: OrderedDict[str, deque[object]] = OrderedDict()
        self._served: object | None = None
        self._mean = _USUAL

    @property
    def waiting(self) -> int:
        """How many wait, the one who is served not counted."""
        with self._change:
            return self._count()

    @property
    def busy(self) -> bool:
        return self._served is not None

    @contextmanager
    def turn(self, client: str = "", on_wait: Callable[[int], None] = lambda ahead: None) -> Iterator[None]:
        """Wait for one's turn and have it.

        Args:
            client: who asks.
            on_wait: told about four times a second, while waiting, how many wait in the whole line; what it
                raises gives up the place.

        Raises:
            BusyError: the line is full.
        """
        ticket = object()
        self._enter(client, ticket)
        try:
            while not self._mine(ticket):
                on_wait(self._count())
        except BaseException:
            self._leave(client, ticket)
            raise
        began = time.monotonic()
        try:
            yield
        finally:
            with self._change:
                self._mean = _MEMORY * self._mean + (1 - _MEMORY) * (time.monotonic() - began)
                self._served = None
                self._next()

    def _enter(self, client: str, ticket: object) -> None:
        with self._change:
            count = self._count()
            if self._most is not None and self._served is not None and count >= self._most:
                seconds = max(1, round(self._mean * (count + 1)))
                raise BusyError(
                    f"{count} requests are waiting already: try again in about {seconds} "
                    f"{'second' if seconds == 1 else 'seconds'}.",
                    seconds,
                )
            self._clients.setdefault(client, deque()).append(ticket)
            self._next()

    def _mine(self, ticket: object) -> bool:
        """Whether it is this one's turn; looks for a moment."""
        with self._change:
            if self._served is not ticket:
                self._change.wait(_LOOK)
            return self._served is ticket

    def _leave(self, client: str, ticket: object) -> None:
        with self._change:
            if self._served is ticket:  # called in the very moment of giving up
                self._served = None
            elif ticket in self._clients.get(client, ()):
                self._clients[client].remove(ticket)
                if not self._clients[client]:
                    del self._clients[client]
            self._next()

    def _next(self) -> None:
        """Call the first ticket of the client whose turn it is."""
        if self._served is None and self._clients:
            client, tickets = self._clients.popitem(last=False)
            self._served = tickets.popleft()
            if tickets:
                self._clients[client] = tickets
        self._change.notify_all()

    def _count(self) -> int:
        return sum(len(tickets) for tickets in self._clients.values())
