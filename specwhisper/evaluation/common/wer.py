"""Word and character errors, clip by clip and over a set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from specwhisper.evaluation.common.dataset import Clip
from specwhisper.evaluation.common.normalise import Normaliser, normalise


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


def errors_of(clip: Clip, text: str, how: Normaliser = "basic") -> Errors:
    """Substitutions, insertions and deletions between what was said and a text, both normalised."""
    import jiwer

    reference, written = (normalise(each, clip.language, how) for each in (clip.text, text))
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


def word_error_rate(clips: Sequence[Clip], texts: Sequence[str], how: Normaliser = "basic") -> float | None:
    """Errors / words of the references, over all clips together; None when the references hold no word."""
    found = [errors_of(clip, text, how) for clip, text in zip(clips, texts, strict=True)]
    words = sum(one.of_words for one in found)
    return sum(one.words for one in found) / words if words else None
