"""The text of a vocabulary, from a tokenizer that is on this machine already; no tensor is read."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from specwhisper.errors import OptionError
from specwhisper.vocabulary.specials import Vocabulary
from specwhisper.vocabulary.text import TextCodec
from specwhisper.weights import tokenizers
from specwhisper.weights.catalogue import find_spec, unknown_model

WORDS = {"english": 51_864, "multilingual": 51_865, "large-v3": 51_866}
"""Vocabularies by the names a visitor may use beside those of models."""

# Multilingual vocabularies share every text token (see vocabulary.remap), so either file serves both.
_SERVING = {51_864: (51_864,), 51_865: (51_865, 51_866), 51_866: (51_866, 51_865)}


def vocabulary_of(name: str) -> Vocabulary:
    """The vocabulary of a catalogue model, or one by name: ``english``, ``multilingual``, ``large-v3``.

    Raises:
        OptionError: there is neither; names the nearest models.
    """
    word = name.strip().lower()
    spec = find_spec(word)
    if word not in WORDS and spec is None:
        raise OptionError(unknown_model(name, catalogue_only=True))
    return Vocabulary(WORDS[word] if spec is None else spec.dims.vocab_size)


def find_codec(vocabulary: Vocabulary) -> TextCodec | None:
    """A codec for the text of a vocabulary; None when no tokenizer of it is here.

    Raises:
        WeightsCorruptError: the file is damaged.
    """
    paths = (tokenizers.find(size) for size in _SERVING[vocabulary.size])
    path = next((path for path in paths if path is not None), None)
    return _read(path, vocabulary) if path else None


@lru_cache(maxsize=4)
def _read(path: Path, vocabulary: Vocabulary) -> TextCodec:
    return TextCodec(path, vocabulary)
