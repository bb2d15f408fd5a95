"""Which language is spoken: main's own guess after ``<|startoftranscript|>``."""

from __future__ import annotations

from specwhisper.decoding.reader import Reader
from specwhisper.vocabulary.specials import Vocabulary


def detect_language(reader: Reader, vocabulary: Vocabulary) -> str:
    """The likeliest language code of the clip (``en`` for an English-only model).

    Radford et al. 2022, section 2.3: the model predicts a language token first.
    """
    if not vocabulary.multilingual:
        return "en"
    logits = reader.read([vocabulary.start_of_transcript], 0)[0]
    codes, ids = list(vocabulary.languages), list(vocabulary.languages.values())
    return codes[int(logits[ids].argmax())]
