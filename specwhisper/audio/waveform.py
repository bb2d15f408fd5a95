"""The one shape in which sound travels through the package: mono float32 at 16 kHz."""

from __future__ import annotations

from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path

import numpy as np

from specwhisper.errors import OptionError

SAMPLE_RATE = 16_000
"""Samples per second of everything behind :func:`specwhisper.audio.decode.load_audio` (Hz)."""

_FORMATS = {".wav": "WAV", ".flac": "FLAC"}


@dataclass(frozen=True, eq=False, slots=True)
class Waveform:
    """A recording, ready for features.

    Attributes:
        samples: float32 [samples], mono, 16 kHz, full scale at -1..1 (overshoot is kept, not clipped).
        name: a short label for messages, e.g. the file's name.
        loading_seconds: what reading, decoding and resampling took.
        warnings: a sentence about each thing that was not as it should be: a recording that breaks off, a
            track that had to be chosen.
    """

    samples: np.ndarray
    name: str = "the audio"
    loading_seconds: float = 0.0
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.samples.ndim != 1 or self.samples.dtype != np.float32:
            raise ValueError(
                f"samples must be float32 [samples], not {self.samples.dtype} {list(self.samples.shape)}"
            )

    @property
    def seconds(self) -> float:
        """Duration in seconds."""
        return len(self.samples) / SAMPLE_RATE

    def cut(self, start: float, end: float) -> Waveform:
        """What lies between two moments (s); the part of it that exists."""
        first, last = (max(0, round(moment * SAMPLE_RATE)) for moment in (start, end))
        return replace(self, samples=self.samples[first:last])

    def save(self, path: str | PathLike[str]) -> None:
        """Write it as WAV or FLAC, by the name's ending: mono, 16 kHz, 16 bits; what overshoots is cut.

        Raises:
            OptionError: another ending.
            OSError: the file cannot be written.
        """
        import soundfile

        ending = Path(path).suffix.lower()
        if ending not in _FORMATS:
            raise OptionError(
                f"Sound is not written as {ending or 'a file without ending'}: choose .wav or .flac."
            )
        with Path(path).open("wb") as file:
            soundfile.write(file, self.samples, SAMPLE_RATE, format=_FORMATS[ending], subtype="PCM_16")
