"""How far a download has come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

MEGA = 1_000_000


@dataclass(frozen=True, slots=True)
class Progress:
    """A moment of a download.

    Attributes:
        message: what is going on, without numbers.
        done: bytes so far.
        total: bytes in all; None when nobody knows.
    """

    message: str
    done: int
    total: int | None

    @property
    def fraction(self) -> float:
        """From 0 to 1; 0 while the total is unknown."""
        return min(1.0, self.done / self.total) if self.total else 0.0

    def __str__(self) -> str:
        total = f" of {self.total / MEGA:,.0f}" if self.total else ""
        return f"{self.message}: {self.done / MEGA:,.0f}{total} MB"


OnProgress = Callable[[Progress], None]
