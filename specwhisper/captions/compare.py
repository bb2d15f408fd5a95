"""Which words of some captions are said, and what is said instead of the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rapidfuzz.distance import Levenshtein

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
    """Lay the captions' words beside main's, with as few differences as there can be.

    Stretches that differ in blanks, case or punctuation only are equal.
    """
    left, right = [key(piece.text) for piece in pieces], [key(word.text) for word in words]
    found: list[Stretch] = []
    for step in Levenshtein.opcodes(left, right):
        equal = step.tag == "equal"
        captions, main = (step.src_start, step.src_end), (step.dest_start, step.dest_end)
        if found and not equal and not found[-1].equal:
            before = found[-1]
            found[-1] = Stretch((before.captions[0], captions[1]), (before.main[0], main[1]), False)
        else:
            found.append(Stretch(captions, main, equal))
    return tuple(Stretch(each.captions, each.main, each.equal or _same(left, right, each)) for each in found)


def _same(left: Sequence[str], right: Sequence[str], stretch: Stretch) -> bool:
    """Whether they differ in where words end: "any one" and "anyone"."""
    return "".join(left[slice(*stretch.captions)]) == "".join(right[slice(*stretch.main)])
