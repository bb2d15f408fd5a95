"""A text with or without times, as it stood in its file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Form = Literal["txt", "srt", "vtt", "tsv", "json"]


@dataclass(frozen=True, slots=True)
class Cue:
    """What is shown at a time.

    Attributes:
        text: without markup, its lines joined by blanks.
        start, end: seconds from the beginning of the recording; None in a text without times.
        place: where its text stands in the file: characters for text files; for JSON, which segment (twice).
    """

    text: str
    start: float | None = None
    end: float | None = None
    place: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Captions:
    """A file of captions, or a text.

    Attributes:
        source: the file as it was, decoded.
        cues: those that hold words, in order.
    """

    form: Form
    source: str
    cues: tuple[Cue, ...]

    @property
    def timed(self) -> bool:
        """Whether every cue has its times."""
        return all(cue.start is not None and cue.end is not None for cue in self.cues)

    @property
    def text(self) -> str:
        """All of it in one line."""
        return " ".join(cue.text for cue in self.cues)


def laid_out(text: str, before: str) -> str:
    """A new text in as many lines as the old one had, each with about the same share of it."""
    lines, words = before.split("\n"), text.split()
    if len(lines) == 1:
        return " ".join(words)
    total = sum(map(len, lines)) or 1
    made, used, reached = [], 0, 0
    for line in lines[:-1]:
        reached += len(line)
        wanted = round(len(words) * reached / total)
        made.append(" ".join(words[used:wanted]))
        used = wanted
    made.append(" ".join(words[used:]))
    return "\n".join(line for line in made if line)


def spliced(source: str, places: Sequence[tuple[int, int]], texts: Sequence[str]) -> str:
    """The source with other texts at these places, which are in order."""
    made, reached = [], 0
    for (start, end), text in zip(places, texts, strict=True):
        made += [source[reached:start], text]
        reached = end
    return "".join([*made, source[reached:]])
