"""Text tokens put together to words, and punctuation to the words it belongs to.

Languages without spaces are cut into characters. Cf. ``split_to_word_tokens`` of openai/whisper's
tokenizer.py and ``merge_punctuations`` of its timing.py.
"""

from __future__ import annotations

import string
from collections.abc import Sequence
from dataclasses import dataclass

from specwhisper.vocabulary.text import TextCodec

WITHOUT_SPACES = frozenset({"zh", "ja", "th", "lo", "my", "yue"})
OPENING = "\"'“¿([{-"
CLOSING = "\"'.。,，!！?？:：”)]}、"


@dataclass(frozen=True, slots=True)
class Piece:
    """A word: its text with the space before it, and how many tokens it is made of."""

    text: str
    tokens: int


def words_of(tokens: Sequence[int], codec: TextCodec, language: str) -> list[Piece]:
    """Cut text tokens into words; all tokens are kept, in order."""
    runs = [Piece(text, len(ids)) for text, ids in codec.whole_characters(tokens)]
    if language in WITHOUT_SPACES:
        return runs
    words: list[Piece] = []
    for run in runs:
        begins = run.text.startswith(" ") or run.text.strip() in string.punctuation
        if begins or not words:
            words.append(run)
        else:
            words[-1] = Piece(words[-1].text + run.text, words[-1].tokens + run.tokens)
    return words


def joined(words: Sequence[str]) -> list[list[int]]:
    """Which of the words belong together, punctuation being part of the word it stands at.

    Returns:
        Groups of indices, in order; each is one word with its punctuation.
    """
    groups: list[list[int]] = []
    waiting: list[int] = []  # opening marks, for the word to come
    for index, text in enumerate(words):
        if text.startswith(" ") and text.strip() and text.strip() in OPENING:
            waiting.append(index)
        elif groups and not waiting and text and text in CLOSING and not words[groups[-1][-1]].endswith(" "):
            groups[-1].append(index)
        else:
            groups.append([*waiting, index])
            waiting = []
    return [*groups, waiting] if waiting else groups
