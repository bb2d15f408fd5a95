"""Subtitles: how much text stands on the screen at a time, and from when to when."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from specwhisper.errors import OptionError
from specwhisper.results import Segment, Transcript, Word

_LONGEST_WIDTH, _MOST_LINES = 1000, 20


@dataclass(frozen=True, slots=True)
class Layout:
    """How subtitles are laid out.

    Attributes:
        width: most characters of a line; None leaves a segment's text in one line.
        lines: most lines at a time; None shows a segment at once. Counts only with a width.

    Raises:
        OptionError: on construction, when one is out of range.
    """

    width: int | None = None
    lines: int | None = None

    def __post_init__(self) -> None:
        if self.width is not None and not 10 <= self.width <= _LONGEST_WIDTH:
            raise OptionError(
                f"Lines of {self.width} characters are not possible: choose 10 to {_LONGEST_WIDTH}."
            )
        if self.lines is not None and not 1 <= self.lines <= _MOST_LINES:
            raise OptionError(f"{self.lines} lines are not possible: choose 1 to {_MOST_LINES}.")
        if self.lines is not None and self.width is None:
            raise OptionError("A number of lines needs a width: say how many characters a line may have.")


@dataclass(frozen=True, slots=True)
class Cue:
    """What is shown from ``start`` to ``end``, in whole milliseconds.

    Attributes:
        lines: its text.
        words: the words it is made of, where their times are known.
    """

    start: int
    end: int
    lines: tuple[str, ...]
    words: tuple[Word, ...] = ()


def cues_of(transcript: Transcript, layout: Layout) -> list[Cue]:
    """The subtitles of a transcript: in order, none empty, none before the end of the one before it."""
    cues: list[Cue] = []
    latest = 0
    for segment in transcript.segments:
        for cue in _cues(segment, layout):
            start = max(cue.start, latest)
            latest = max(cue.end, start + 1)
            cues.append(Cue(start, latest, cue.lines, cue.words))
    return cues


def _cues(segment: Segment, layout: Layout) -> Iterator[Cue]:
    lines = _wrapped(" ".join(segment.text.split()), layout.width)
    most = layout.lines or max(len(lines), 1)
    screens = [tuple(lines[at : at + most]) for at in range(0, len(lines), most)]
    if len(screens) == 1:
        yield Cue(_ms(segment.start), _ms(segment.end), screens[0], segment.words)
    elif segment.words:
        yield from _by_words(segment.words, screens)
    else:
        yield from _by_length(segment, screens)


def _by_words(words: Sequence[Word], screens: Sequence[tuple[str, ...]]) -> Iterator[Cue]:
    """Each screen from its first word to its last."""
    at = 0
    for screen in screens:
        wanted = sum(len(line.replace(" ", "")) for line in screen)
        own: list[Word] = []
        while at < len(words) and wanted > 0:
            own.append(words[at])
            wanted -= len("".join(words[at].text.split()))
            at += 1
        if own:
            yield Cue(_ms(own[0].start), _ms(own[-1].end), screen, tuple(own))


def _by_length(segment: Segment, screens: Sequence[tuple[str, ...]]) -> Iterator[Cue]:
    """Each screen for as long as its share of the characters."""
    total = sum(len(line) for screen in screens for line in screen)
    done = 0
    for screen in screens:
        start, done = done, done + sum(map(len, screen))
        length = segment.end - segment.start
        yield Cue(
            _ms(segment.start + length * start / total), _ms(segment.start + length * done / total), screen
        )


def _wrapped(text: str, width: int | None) -> list[str]:
    if not text:
        return []
    return [text] if width is None else textwrap.wrap(text, width, break_on_hyphens=False)


def _ms(seconds: float) -> int:
    return round(1000 * seconds)


def stamp(ms: int, separator: str) -> str:
    """``3723004`` -> ``01:02:03,004``."""
    seconds, ms = divmod(ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{separator}{ms:03}"


def plain(value: Any) -> str:
    """Text that holds nothing a subtitle file would take for its own."""
    return str(value).replace("-->", "->")
