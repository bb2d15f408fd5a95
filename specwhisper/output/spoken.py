"""The words of a transcript and when they were said: measured where that is known, else estimated."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from specwhisper.results import Origin, Piece, Segment, Transcript, origin_of

_LONGEST = 20
"""Letters of a word, on average: where there seem to be more, the script has no spaces between words."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A word on the recording's clock (s).

    Attributes:
        text: without the space before it.
        origin: accepted where all of it was; else who wrote the first token that was not.
        probability: mean of what main gave its tokens; None where its time is an estimate.
    """

    text: str
    start: float
    end: float
    origin: Origin
    probability: float | None = None

    @property
    def measured(self) -> bool:
        return self.probability is not None


def spoken(transcript: Transcript) -> list[Spoken]:
    """Every word in order.

    A segment without times of words lends each of its words a share of its own time, by letters.
    """
    pieces = list(transcript.pieces)
    words: list[Spoken] = []
    for segment in transcript.segments:
        own = _take(pieces, segment)
        if segment.words:
            words += [
                Spoken(word.text.strip(), word.start, word.end, word.origin, word.probability)
                for word in segment.words
                if word.text.strip()
            ]
        else:
            words += _estimated(segment, own)
    return words


def moments(transcript: Transcript) -> list[tuple[float, float]]:
    """When the word that each piece of the text belongs to was said: start and end (s), one per piece."""
    left = list(transcript.pieces)
    times: list[tuple[float, float]] = []
    for segment in transcript.segments:
        own = _take(left, segment)
        ends = _ends(segment, own)
        at = 0
        for piece in own:
            first = at + len(piece.text) - len(piece.text.lstrip())
            times.append(next((time for end, time in ends if end > first), (segment.start, segment.end)))
            at += len(piece.text)
    return times + [(transcript.duration, transcript.duration)] * len(left)


def _ends(segment: Segment, pieces: Sequence[Piece]) -> list[tuple[int, tuple[float, float]]]:
    """Up to which letter of the segment each of its words goes, and when it was said."""
    if segment.words:
        ends = accumulate(len(word.text) for word in segment.words)
        return [(end, (word.start, word.end)) for end, word in zip(ends, segment.words, strict=True)]
    words = [text for text, _ in _joined(pieces)]
    letters = list(accumulate(map(len, words), initial=0))
    second = (segment.end - segment.start) / max(letters[-1], 1)
    return [
        (end, (segment.start + begin * second, segment.start + end * second))
        for begin, end in pairwise(letters)
    ]


def _take(pieces: list[Piece], segment: Segment) -> list[Piece]:
    """The next pieces, as many as make the segment's text; they are taken off the list."""
    own: list[Piece] = []
    letters = 0
    while pieces and letters < len(segment.text):
        own.append(pieces.pop(0))
        letters += len(own[-1].text)
    return own


def _estimated(segment: Segment, pieces: Sequence[Piece]) -> Iterator[Spoken]:
    if not pieces:
        pieces = [Piece(segment.text, segment.tokens, "main")]
    for (text, origin), (_, (start, end)) in zip(_joined(pieces), _ends(segment, pieces), strict=True):
        if text.strip():
            yield Spoken(text.strip(), start, end, origin)


def _joined(pieces: Sequence[Piece]) -> list[tuple[str, Origin]]:
    """Pieces as words, each from a space to the next; as they are where the script knows no spaces."""
    words: list[tuple[str, Origin]] = []
    for piece in pieces:
        if words and piece.text and not piece.text[0].isspace():
            text, origin = words[-1]
            words[-1] = text + piece.text, origin_of((origin, piece.origin))
        else:
            words.append((piece.text, piece.origin))
    if sum(len(text) for text, _ in words) > _LONGEST * len(words):
        return [(piece.text, piece.origin) for piece in pieces]
    return words
