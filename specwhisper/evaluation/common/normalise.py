"""Text made comparable: case, punctuation and typography carry no words.

Whisper's own normalisers (Radford et al. 2022, appendix C). ``basic``: lower case, bracketed asides and
punctuation removed, one space between words; it knows no spelling variants, so "Mr." and "mister" differ.
``whisper``: the same, and for English also numbers, titles, contractions and British spelling.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Literal

Normaliser = Literal["basic", "whisper"]

# Written without spaces between words, so their letters are counted instead (as in Whisper's paper).
_WITHOUT_SPACES = frozenset(("zh", "ja", "th", "lo", "my", "yue"))


def normalise(text: str, language: str, how: Normaliser = "basic") -> str:
    """The words of a text, lower case, one space between them; letters for languages without spaces."""
    if how == "whisper" and language == "en":
        return str(_english()(text)).strip()
    return str(_basic(language in _WITHOUT_SPACES)(text)).strip()


@lru_cache(maxsize=2)
def _basic(split_letters: bool) -> Any:
    from transformers.models.whisper.english_normalizer import BasicTextNormalizer

    return BasicTextNormalizer(split_letters=split_letters)


@lru_cache(maxsize=1)
def _english() -> Any:
    from whisper_normalizer.english import EnglishTextNormalizer

    return EnglishTextNormalizer()
