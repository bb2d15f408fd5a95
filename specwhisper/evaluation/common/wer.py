"""Word and character errors, clip by clip and over a set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from specwhisper.evaluation.common.normalise import Normaliser, normalise


@dataclass(frozen=True, slots=True)
class Said:
    """What was said in a clip, and what an engine wrote."""

    reference: str
    written: str
    language: str


@dataclass(frozen=True, slots=True)
class Errors:
    """Of one clip: errors and length in words and in characters; all 0 when the reference holds no word."""

    words: int
    of_words: int
    characters: int
    of_characters: int

    @property
    def exact(self) -> bool:
        return not self.words


def errors_of(said: Said, how: Normaliser = "basic") -> Errors:
    """Substitutions, insertions and deletions between the normalised texts."""
    import jiwer

    reference, written = (normalise(text, said.language, how) for text in (said.reference, said.written))
    if not reference:
        return Errors(0, 0, 0, 0)
    words = jiwer.process_words(reference, written)
    letters = jiwer.process_characters(reference, written)
    return Errors(
        words.substitutions + words.insertions + words.deletions,
        words.substitutions + words.deletions + words.hits,
        letters.substitutions + letters.insertions + letters.deletions,
        letters.substitutions + letters.deletions + letters.hits,
    )


def word_error_rate(pairs: Sequence[Said], how: Normaliser = "basic") -> float | None:
    """Errors / words of the references, over all clips together; None when the references hold no word."""
    found = [errors_of(one, how) for one in pairs]
    words = sum(one.of_words for one in found)
    return sum(one.words for one in found) / words if words else None
