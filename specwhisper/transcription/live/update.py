"""What a live session tells."""

from __future__ import annotations

from dataclasses import dataclass

from specwhisper.results import Segment

PAUSE = 0.6
"""Seconds of silence after which what was said is settled."""


@dataclass(frozen=True, slots=True)
class LiveUpdate:
    """What is new.

    Attributes:
        settled: main's text since the last update. It is never taken back: joined, these are the text.
        provisional: what follows, as far as anybody knows; each update replaces it.
        seconds: of sound, when this was written.
        segments: settled text that now has its times; of text that an earlier update has told.
        began: where speech began (s), if it just did.
        paused: where it ended (s), if it just did: all of it is settled.
    """

    settled: str
    provisional: str
    seconds: float
    segments: tuple[Segment, ...] = ()
    began: float | None = None
    paused: float | None = None
