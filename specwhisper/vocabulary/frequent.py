"""The tokens of a language worth keeping in a draft's pruned head, by how often its words use them.

The order comes from ``data/frequent_tokens.npz``, made by ``tools/frequent_tokens.py`` from the word lists of
wordfreq (Robyn Speer, CC BY-SA 4.0; see ``data/README.md``). Only a draft may be pruned: what it cannot
propose costs acceptance, never a different transcript.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from specwhisper.errors import OptionError
from specwhisper.vocabulary.specials import Vocabulary

TABLE = Path(__file__).with_name("data") / "frequent_tokens.npz"


def frequent_tokens(vocabulary: Vocabulary, language: str, count: int) -> NDArray[np.int64] | None:
    """The ``count`` text ids that matter most for a language; a smaller count gives a subset of a larger one.

    First come those that every language keeps (single bytes, numbers up to three digits, punctuation: about
    800, in the English-only vocabulary 2,000), then those of the language's words.

    Args:
        language: Whisper's code. The English-only vocabulary has a table for ``en`` alone.
        count: how many; fewer come back where the table is shorter (16,000 at most).

    Returns:
        [count] ascending; None for a language without a table.

    Raises:
        OptionError: ``count`` is not positive.
    """
    if count < 1:
        raise OptionError(f"{count} frequent tokens cannot be kept: choose 1 or more.")
    ordered = _ordered("multilingual" if vocabulary.multilingual else "english", language)
    return None if ordered is None else np.sort(ordered[:count]).astype(np.int64)


def kept_ids(vocabulary: Vocabulary, language: str, count: int) -> NDArray[np.int64] | None:
    """``frequent_tokens`` and every id that is not text: end-of-text, languages, tasks, timestamps.

    Returns:
        ascending, ``count`` + 1,608 or 1,609 ids; None for a language without a table.

    Raises:
        OptionError: ``count`` is not positive.
    """
    text = frequent_tokens(vocabulary, language, count)
    if text is None:
        return None
    return np.concatenate((text, np.arange(vocabulary.end_of_text, vocabulary.size, dtype=np.int64)))


@lru_cache(maxsize=8)
def _ordered(kind: str, language: str) -> NDArray[np.uint16] | None:
    """Ids, the most wanted first, of one of the table's two tokenizers; None if it lacks the language."""
    with np.load(TABLE, allow_pickle=False) as table:
        name = f"{kind}.{language}"
        if language == "always" or name not in table:
            return None
        return np.concatenate((table[f"{kind}.always"], table[name]))
