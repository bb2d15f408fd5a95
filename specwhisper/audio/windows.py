"""A recording cut into the 30-second windows that Whisper hears."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from specwhisper.audio.waveform import SAMPLE_RATE

WINDOW_SECONDS = 30
WINDOW_SAMPLES = WINDOW_SECONDS * SAMPLE_RATE  # 480,000
HOP = 160  # samples between two feature frames: 10 ms

_SLIVER = SAMPLE_RATE // 10  # 0.1 s: less than a syllable
_GIVEN_BACK = SAMPLE_RATE  # 1 s


@dataclass(frozen=True, eq=False, slots=True)
class Window:
    """Part of a recording.

    Attributes:
        start_sample: where it begins in the recording, in samples.
        samples: float32 [at most 480,000], a view of the recording.
    """

    start_sample: int
    samples: np.ndarray

    @property
    def end_sample(self) -> int:
        """Where it ends in the recording, in samples."""
        return self.start_sample + len(self.samples)

    @property
    def start_seconds(self) -> float:
        """Where it begins, in seconds."""
        return self.start_sample / SAMPLE_RATE

    @property
    def end_seconds(self) -> float:
        """Where it ends, in seconds."""
        return self.end_sample / SAMPLE_RATE

    @property
    def seconds(self) -> float:
        """Duration in seconds."""
        return len(self.samples) / SAMPLE_RATE


def windows_of(samples: np.ndarray) -> list[Window]:
    """Consecutive windows of 30 s; together they hold every sample once.

    A last window shorter than 0.1 s would hold no word but invites the model to invent one, and the window
    before it is full. The cut between the two therefore moves one second towards the start: the last window
    is then 1.0 to 1.1 s long. A recording that is itself so short stays one window; an empty one has none.
    """
    starts = list(range(0, len(samples), WINDOW_SAMPLES))
    if len(starts) > 1 and len(samples) - starts[-1] < _SLIVER:
        starts[-1] -= _GIVEN_BACK
    cuts = [*starts, len(samples)]
    return [Window(start, samples[start:end]) for start, end in pairwise(cuts)]


def clock(seconds: float) -> str:
    """``75`` -> ``1:15``, ``4000`` -> ``1:06:40``."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
