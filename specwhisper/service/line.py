"""Who is next: one job at a time, a bounded line, clients by turns.

A client that sends twenty recordings waits behind its own; another one that sends a single recording comes
after the first of them (round robin over clients, first come first served within one). A long job may give
way to a short one where it can pause, so that nobody waits an hour's recording out for a sentence.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from specwhisper.errors import BusyError

_LOOK = 0.25  # seconds between two looks whether somebody who waits still wants to
_USUAL = 2.0  # seconds of a turn, before any was seen
_MEMORY = 0.8  # of the mean turn, per turn


@dataclass(frozen=True, slots=True, eq=False)
class Ticket:
    """Somebody's place.

    Attributes:
        fits: a short job's name for what it needs: it may be served in a pause of a job that holds the same.
    """

    client: str
    fits: Hashable | None


class Line:
    """A line for one thing.

    Args:
        most: so many may wait; None lets any number.
    """

    def __init__(self, most: int | None = None) -> None:
        self.most = most
        self._change = threading.Condition()
        self._clients: OrderedDict[str, deque[Ticket]] = OrderedDict()
        self._served: Ticket | None = None
        self._paused: Ticket | None = None
        self._mean = _USUAL

    @property
    def waiting(self) -> int:
        """How many wait, the one who is served not counted."""
        with self._change:
            return self._count()

    @property
    def busy(self) -> bool:
        return self._served is not None

    def full(self, count: int) -> BusyError:
        """What to tell somebody before whom ``count`` others wait."""
        seconds = max(1, round(self._mean * (count + 1)))
        return BusyError(
            f"{count} requests are waiting already: try again in about {seconds} "
            f"{'second' if seconds == 1 else 'seconds'}.",
            seconds,
        )

    @contextmanager
    def turn(
        self,
        client: str = "",
        on_wait: Callable[[int], None] = lambda ahead: None,
        fits: Hashable | None = None,
    ) -> Iterator[Ticket]:
        """Wait for one's turn and have it.

        Args:
            client: who asks.
            on_wait: told about four times a second, while waiting, how many wait in the whole line; what it
                raises gives up the place.
            fits: see :class:`Ticket`.

        Raises:
            BusyError: the line is full.
        """
        ticket = Ticket(client, fits)
        self._enter(ticket)
        self._wait(ticket, on_wait)
        began = time.monotonic()
        try:
            yield ticket
        finally:
            with self._change:
                self._mean = _MEMORY * self._mean + (1 - _MEMORY) * (time.monotonic() - began)
                if self._served is ticket:  # else it gave up in a pause, and another one is served
                    self._served = None
                self._next()

    def give_way(
        self, ticket: Ticket, fits: Hashable, on_wait: Callable[[int], None] = lambda ahead: None
    ) -> None:
        """Let one short job go first, if one that fits waits, and have one's turn again after it.

        One that is served in another one's pause does not give way itself: whoever paused is next.

        Args:
            ticket: of whoever is served.
            fits: what it holds, and leaves as it is.
            on_wait: as of :meth:`turn`.
        """
        with self._change:
            if self._paused:
                return
            waiting = (each for tickets in self._clients.values() for each in tickets)
            guest = next((each for each in waiting if each.fits == fits), None)
            if guest is None:
                return
            self._forget(guest)
            self._paused, self._served = ticket, guest
            self._change.notify_all()
        self._wait(ticket, on_wait)

    def _enter(self, ticket: Ticket) -> None:
        with self._change:
            count = self._count()
            if self.most is not None and self._served is not None and count >= self.most:
                raise self.full(count)
            self._clients.setdefault(ticket.client, deque()).append(ticket)
            self._next()

    def _wait(self, ticket: Ticket, on_wait: Callable[[int], None]) -> None:
        try:
            while not self._mine(ticket):
                on_wait(self._count())
        except BaseException:
            self._leave(ticket)
            raise

    def _mine(self, ticket: Ticket) -> bool:
        """Whether it is this one's turn; looks for a moment."""
        with self._change:
            if self._served is not ticket:
                self._change.wait(_LOOK)
            return self._served is ticket

    def _leave(self, ticket: Ticket) -> None:
        with self._change:
            if self._served is ticket:  # called in the very moment of giving up
                self._served = None
            elif self._paused is ticket:
                self._paused = None
            else:
                self._forget(ticket)
            self._next()

    def _forget(self, ticket: Ticket) -> None:
        tickets = self._clients.get(ticket.client)
        if tickets and ticket in tickets:
            tickets.remove(ticket)
            if not tickets:
                del self._clients[ticket.client]

    def _next(self) -> None:
        """Call whoever paused, else the first ticket of the client whose turn it is."""
        if self._served is None and self._paused:
            self._served, self._paused = self._paused, None
        elif self._served is None and self._clients:
            client, tickets = self._clients.popitem(last=False)
            self._served = tickets.popleft()
            if tickets:
                self._clients[client] = tickets
        self._change.notify_all()

    def _count(self) -> int:
        return sum(len(tickets) for tickets in self._clients.values())
