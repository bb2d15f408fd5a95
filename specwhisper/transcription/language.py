"""Which language is spoken: main's guess after ``<|startoftranscript|>``, at several places if unsure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from specwhisper.audio.speech import Speech
from specwhisper.audio.waveform import SAMPLE_RATE
from specwhisper.audio.windows import WINDOW_SAMPLES
from specwhisper.decoding.reader import Reader
from specwhisper.transcription.tasks import Spoken
from specwhisper.vocabulary.languages import which_languages
from specwhisper.vocabulary.specials import Vocabulary

SURE = 0.9
"""From this probability on one place decides; below it others are looked at as well."""

_PLACES = 4  # at most, the first one included
_MOSTLY = 0.9
_LEAST = SAMPLE_RATE  # samples of speech that can tell more


def languages_from(
    vocabulary: Vocabulary, task: str, language: str | None, languages: str | Sequence[str]
) -> tuple[str | None, tuple[str, ...]]:
    """The code of the language that is spoken, if it is known, else those of the ones it may be.

    Args:
        language: code or English name; None where it has to be detected.
        languages: the ones to choose from, as such or in a text with commas; any when empty.

    Raises:
        OptionError: one of them does not exist, or this model cannot do it.
    """
    known, among = which_languages(language, languages)
    for code in (known,) if known else among:
        vocabulary.prompt(code, task)  # refuses what this model cannot do
    return known, among


def detect_language(
    reader: Reader, vocabulary: Vocabulary, among: Sequence[str] = (), further: Iterable[Reader] = ()
) -> Spoken:
    """The likeliest language (``en`` for an English-only model).

    Radford et al. 2022, section 2.3: the model predicts a language token first. The beginning of a recording
    may be music, a jingle or a greeting in another language, and then the model is unsure.

    Args:
        reader: main, reading the first place.
        among: codes to choose from; all when empty.
        further: main, reading the other places; asked for one by one, while the mean of what was read is
            unsure.
    """
    if not vocabulary.multilingual:
        return Spoken("en", None)
    codes = list(among or vocabulary.languages)
    total = _chances(reader, vocabulary, codes)
    places = 1
    if total.max() < SURE:
        for other in further:
            total += _chances(other, vocabulary, codes)
            places += 1
            if total.max() / places >= SURE:
                break
    best = int(total.argmax())
    return Spoken(codes[best], float(total[best] / places))


def _chances(reader: Reader, vocabulary: Vocabulary, codes: Sequence[str]) -> np.ndarray:
    """How likely each language is, float64 [languages]; together 1."""
    logits = reader.read([vocabulary.start_of_transcript], 0)[0]
    chosen = logits[[vocabulary.languages[code] for code in codes]].double()
    return chosen.softmax(0).cpu().numpy()


def other_places(speech: Speech, first: int, last: int, length: int) -> list[np.ndarray]:
    """Windows of kept speech where a language can be told as well, spread over the recording.

    Args:
        first, last: what the first window has of kept speech, in samples of it.
        length: how many samples that window has; where much of it is no speech, its speech is taken again.
    """
    rest = last if last - first >= _MOSTLY * length else first
    left = len(speech) - rest
    if left < _LEAST:
        return []
    count = min(_PLACES - 1, -(-left // WINDOW_SAMPLES))
    starts = (rest + number * (left // count) for number in range(count))
    return [speech.take(start, min(start + WINDOW_SAMPLES, len(speech))) for start in starts]
