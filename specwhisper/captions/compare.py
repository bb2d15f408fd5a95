"""Which words of some captions are said, and what is said instead of the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from specwhisper.captions.captions import Captions
from specwhisper.results import Word

UNSPACED = ((0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x2E80, 0xABFF), (0xF900, 0xFAFF))
"""Scripts that put no blanks between words: Thai and Lao, Burmese, Khmer, Chinese and Japanese."""

Kind = Literal["replaced", "missing", "added"]
"""What is wrong with the captions: other words, words that they lack, words that nobody says."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A word of the captions (a sign, in scripts without blanks), and the cue that it stands in."""

    text: str
    cue: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """Words of the captions and what main wrote for them, as index ranges: first included, last not."""

    captions: tuple[int, int]
    main: tuple[int, int]
    equal: bool

    @property
    def kind(self) -> Kind:
        if self.captions[0] == self.captions[1]:
            return "missing"
        return "added" if self.main[0] == self.main[1] else "replaced"


def unspaced(text: str) -> bool:
    """Whether a text is of a script without blanks between words."""
    letters = [letter for letter in text if letter.isalnum()]
    return bool(letters) and any(first <= ord(letters[0]) <= last for first, last in UNSPACED)


def pieces_of(captions: Captions) -> tuple[Piece, ...]:
    """The words of all cues; what has no letter belongs to the word before it."""
    pieces: list[Piece] = []
    for number, cue in enumerate(captions.cues):
        for text in list(cue.text.replace(" ", "")) if unspaced(cue.text) else cue.text.split():
            if not key(text) and pieces and pieces[-1].cue == number:
                blank = "" if unspaced(cue.text) else " "
                pieces[-1] = Piece(f"{pieces[-1].text}{blank}{text}", number)
            else:
                pieces.append(Piece(text, number))
    return tuple(pieces)


def key(text: str) -> str:
    """What words are compared by: letters and digits without case."""
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def compare_words(pieces: Sequence[Piece], words: Sequence[Word]) -> tuple[Stretch, ...]:
    """Lay the captions' words beside main's, with as many equal ones as there can be.

    Stretches that differ in blanks, case or punctuation only are equal.
    """
    from rapidfuzz.distance import Indel

    left, right = [key(piece.text) for piece in pieces], [key(word.text) for word in words]
    found: list[Stretch] = []
    for step in Indel.opcodes(left, right):
        equal = step.tag == "equal"
        captions, main = (step.src_start, step.src_end), (step.dest_start, step.dest_end)
        if found and not equal and not found[-1].equal:
            before = found[-1]
            found[-1] = Stretch((before.captions[0], captions[1]), (before.main[0], main[1]), False)
        else:
            found.append(Stretch(captions, main, equal))
    return tuple(part for each in found for part in ([each] if each.equal else _trimmed(left, right, each)))


def _trimmed(left: Sequence[str], right: Sequence[str], stretch: Stretch) -> list[Stretch]:
    """Without what differs at its ends in where words end only: "any one" and "anyone"."""
    (first, last), (begin, end) = stretch.captions, stretch.main
    head = _alike(left[first:last], right[begin:end])
    tail = _alike(
        [each[::-1] for each in reversed(left[first + head[0] : last])],
        [each[::-1] for each in reversed(right[begin + head[1] : end])],
    )
    cuts = [(first, begin), (first + head[0], begin + head[1]), (last - tail[0], end - tail[1]), (last, end)]
    parts = [
        Stretch((one[0], other[0]), (one[1], other[1]), equal)
        for one, other, equal in zip(cuts, cuts[1:], (True, False, True), strict=False)
    ]
    return [part for part in parts if part.captions[0] < part.captions[1] or part.main[0] < part.main[1]]


def _alike(left: Sequence[str], right: Sequence[str]) -> tuple[int, int]:
    """How many words of both, from the beginning, have the same letters: as many as possible."""
    one, other = "", ""
    places, found = [0, 0], (0, 0)
    while one.startswith(other) or other.startswith(one):
        if one == other:
            found = places[0], places[1]
        if len(one) <= len(other) and places[0] < len(left):
            one += left[places[0]]
            places[0] += 1
        elif len(other) <= len(one) and places[1] < len(right):
            other += right[places[1]]
            places[1] += 1
        else:
            break
    return found
