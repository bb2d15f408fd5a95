"""Heavy work that is no pass, one at a time, between two steps of whoever runs the models."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class BetweenSteps:
    """Guests who compute while the models rest.

    Where nobody runs the models they come one after the other; else one after each step.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._guests: deque[object] = deque()
        self._invited: object = None
        self._stepping = False

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for the processors and have them; for something short."""
        guest = object()
        with self._changed:
            self._guests.append(guest)
        try:
            with self._changed:
                self._changed.wait_for(
                    lambda: guest is (self._invited if self._stepping else self._guests[0])
                )
            yield
        finally:
            with self._changed:
                self._guests.remove(guest)
                self._changed.notify_all()

    def admit(self) -> None:
        """Before a step: let one who waits come and go."""
        if self._stepping and not self._guests:  # between two cycles every microsecond counts
            return
        with self._changed:
            self._stepping = True
            if self._guests:
                first = self._invited = self._guests[0]
                self._changed.notify_all()
                self._changed.wait_for(lambda: first not in self._guests)
                self._invited = None

    def rest(self) -> None:
        """There is no step to come."""
        with self._changed:
            self._stepping = False
            self._changed.notify_all()
