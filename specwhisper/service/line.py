"""Who may begin: so many recordings at a time, a bounded line, clients by turns.

A client that sends twenty recordings waits behind its own; another one that sends a single recording comes
after the first of them (``FairQueue``). Long recordings are given only some of the places, so that there is
always one for a sentence; and sentences only the others: more at a time would all be done late.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from specwhisper.errors import BusyError
from specwhisper.transcription.fair_queue import FairQueue

_LOOK = 0.25  # seconds between two looks whether somebody who waits still wants to
_USUAL = 2.0  # seconds of a turn, before any was seen
_MEMORY = 0.8  # of the mean turn, per turn


@dataclass(frozen=True, slots=True, eq=False)
class _Ticket:
    client: str
    long: bool


class Line:
    """A line for a few places.

    Args:
        most: so many may wait; None lets any number.
        places: so many are served at a time.
    """

    def __init__(self, most: int | None = None, places: int = 1) -> None:
        self.most = most
        self._places = places
        self._for_long = max(1, places // 2)
        self._change = threading.Condition()
        self._short: FairQueue[_Ticket] = FairQueue()
        self._long: FairQueue[_Ticket] = FairQueue()
        self._served: set[_Ticket] = set()
        self._mean = _USUAL

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._short) + len(self._long)

    def full(self, count: int) -> BusyError:
        """What to tell somebody before whom ``count`` others wait."""
        seconds = max(1, round(self._mean * (count + 1) / self._places))
        waiting = "1 request is" if count == 1 else f"{count} requests are"
        soon = "1 second" if seconds == 1 else f"{seconds} seconds"
        return BusyError(f"{waiting} waiting already: try again in about {soon}.", seconds)

    @contextmanager
    def turn(
        self,
        client: str = "",
        on_wait: Callable[[int], None] = lambda ahead: None,
        *,
        long: bool = False,
    ) -> Iterator[None]:
        """Wait for a place and have it.

        Args:
            client: who asks.
            on_wait: told about four times a second, while waiting, how many wait in the whole line; what it
                raises gives up the place.
            long: whether it is a long recording.

        Raises:
            BusyError: the line is full.
        """
        ticket = _Ticket(client, long)
        with self._change:
            count = self.waiting
            if self.most is not None and self._served and count >= self.most:
                raise self.full(count)
            self._queue_of(ticket).push(client, ticket)
            self._call()
        try:
            while not self._has_place(ticket):
                on_wait(self.waiting)
            began = time.monotonic()
            yield
            self._mean = _MEMORY * self._mean + (1 - _MEMORY) * (time.monotonic() - began)
        finally:
            with self._change:
                self._served.discard(ticket)
                self._queue_of(ticket).remove(client, ticket)
                self._call()

    def _queue_of(self, ticket: _Ticket) -> FairQueue[_Ticket]:
        return self._long if ticket.long else self._short

    def _has_place(self, ticket: _Ticket) -> bool:
        """Whether it has one; looks for a moment."""
        with self._change:
            if ticket not in self._served:
                self._change.wait(_LOOK)
            return ticket in self._served

    def _call(self) -> None:
        """Give free places to those who are next."""
        while len(self._served) < self._places:
            long = sum(ticket.long for ticket in self._served)
            short = len(self._served) - long
            if self._long and long < self._for_long:
                self._served.add(self._long.pop())
            elif self._short and short < max(1, self._places - self._for_long):
                self._served.add(self._short.pop())
            else:
                break
        self._change.notify_all()
