"""What a user had better know about a transcript: what was wrong with its recording, what is uncertain."""

from __future__ import annotations

import numpy as np

from specwhisper.audio.waveform import Waveform
from specwhisper.results import Transcript
from specwhisper.vocabulary.languages import LANGUAGES

_SOUND = 1e-4  # amplitude (of 1): above the last bit of 16-bit silence
_UNSURE = 0.5  # a language is named as uncertain below this probability


def doubts_about(transcript: Transcript, audio: Waveform, *, vad: bool) -> tuple[str, ...]:
    """One sentence about each doubt.

    Args:
        audio: what was written down, to its end.
        vad: whether what holds no speech was left out.
    """
    found = list(audio.warnings)
    likely = transcript.language_probability
    if not transcript.text:
        heard = len(audio.samples) > 0 and float(np.abs(audio.samples).max()) > _SOUND
        found.append(_nothing(audio.name, vad) if heard else _silent(audio.name))
    elif likely is not None and likely < _UNSURE:
        language = LANGUAGES.get(transcript.language, transcript.language)
        found.append(
            f"The language of {audio.name} is uncertain ({language}, {likely:.0%}): name it if it is another."
        )
    return tuple(found)


def _silent(name: str) -> str:
    return f"{name} holds nothing but silence, so its transcript is empty: check the microphone or the track."


def _nothing(name: str, vad: bool) -> str:
    if vad:
        return (
            f"No speech was found in {name}, so its transcript is empty: if somebody speaks there, switch "
            "voice activity detection off (--no-vad)."
        )
    return (
        f"No words were found in {name}: if somebody speaks there, try a larger model or name the language."
    )
