"""Text made comparable: case, punctuation and typography carry no words.

Whisper's own basic normaliser (Radford et al. 2022, appendix C): lower case, bracketed asides and
punctuation removed, one space between words. It knows no spelling variants, so "Mr." and "mister" differ.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

# Written without spaces between words, so their letters are counted instead (as in Whisper's paper).
_WITHOUT_SPACES = frozenset(("zh", "ja", "th", "lo", "my", "yue"))


def normalise(text: str, language: str) -> str:
    """The words of a text, lower case, one space between them; letters for languages without spaces."""
    return str(_normaliser(language in _WITHOUT_SPACES)(text)).strip()


@lru_cache(maxsize=2)
def _normaliser(split_letters: bool) -> Any:
    from transformers.models.whisper.english_normalizer import BasicTextNormalizer

    return BasicTextNormalizer(split_letters=split_letters)
