"""How far something is: told by those who work, shown by those who wait."""

from __future__ import annotations

from collections.abc import Callable

OnProgress = Callable[[float, str], None]
"""Called with the fraction done, 0 to 1, and a short message."""


class StopTranscribing(Exception):  # noqa: N818 - a request, not an error
    """Raised by who is told of progress or text: enough; what has been written so far is the transcript."""


def unwatched(fraction: float, message: str) -> None:
    """The report of those who asked for none."""


def part_of(report: OnProgress, start: float, end: float, name: str = "") -> OnProgress:
    """A report that fills the part from ``start`` to ``end`` of the whole, in the name of ``name``."""
    before = f"{name}: " if name else ""
    return lambda fraction, message: report(start + (end - start) * fraction, before + message)


def queued(ahead: int = 0) -> str:
    """What is told to those who wait for others."""
    return f"Queued: {ahead} {'job' if ahead == 1 else 'jobs'} ahead" if ahead else "Queued"
