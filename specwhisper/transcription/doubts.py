"""What a user had better know about a transcript: what was wrong with its recording, what is uncertain."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import numpy as np

from specwhisper.audio.source import UNNAMED
from specwhisper.audio.waveform import Waveform
from specwhisper.audio.windows import clock
from specwhisper.results import Segment, Transcript
from specwhisper.transcription.fallback import compression_ratio
from specwhisper.vocabulary.languages import LANGUAGES

_SOUND = 1e-4  # amplitude (of 1): above the last bit of 16-bit silence
_UNSURE = 0.5  # a language is named as uncertain below this probability


def doubts_about(
    transcript: Transcript,
    audio: Waveform,
    *,
    vad: bool,
    windows: Sequence[Sequence[Segment]] = (),
    limit: float = inf,
) -> tuple[str, ...]:
    """One sentence about each doubt.

    Args:
        audio: what was written down, to its end.
        vad: whether what holds no speech was left out.
        windows: the segments of each window.
        limit: a text that is compressed by more repeats itself.
    """
    found = list(audio.warnings)
    name = "the recording" if audio.name == UNNAMED else audio.name  # within a sentence
    likely = transcript.language_probability
    if not transcript.text:
        heard = len(audio.samples) > 0 and float(np.abs(audio.samples).max()) > _SOUND
        found.append(_nothing(name, vad) if heard else _silent(audio.name))
    elif likely is not None and likely < _UNSURE:
        language = LANGUAGES.get(transcript.language, transcript.language)
        found.append(
            f"The language of {name} is uncertain ({language}, {likely:.0%}): name it if it is another."
        )
    if repeated := [window for window in windows if _repeats(window, limit)]:
        other = "another model" if transcript.stats.precision == "fp32" else "another model or fp32"
        found.append(_loops(name, repeated, sum(map(bool, windows)), other))
    return tuple(found)


def _repeats(window: Sequence[Segment], limit: float) -> bool:
    """Whether a window's text repeats itself: the whole, as it was judged when it was written, and what is
    left of it. A window of fixed length was not judged.
    """
    judged = all(each.compression_ratio is None or each.compression_ratio > limit for each in window)
    return judged and compression_ratio("".join(each.text for each in window).strip()) > limit


def _loops(name: str, repeated: Sequence[Sequence[Segment]], count: int, other: str) -> str:
    where = f" in {len(repeated)} of {count} windows" if count > 1 else ""
    return (
        f"The text of {name} repeats itself{where} (from {clock(repeated[0][0].start)}): if nobody says it "
        f"so often, try {other}."
    )


def _silent(name: str) -> str:
    return f"{name} holds nothing but silence, so its transcript is empty: check the microphone or the track."


def _nothing(name: str, vad: bool) -> str:
    if vad:
        return (
            f"No speech was found in {name}, so its transcript is empty: if somebody speaks there, switch "
            "voice activity detection off (Skip silence in the app, --no-vad, or vad=false in a request)."
        )
    return (
        f"No words were found in {name}: if somebody speaks there, try a larger model or name the language."
    )
