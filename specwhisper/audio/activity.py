"""Where somebody speaks: Silero VAD, with the model that its package carries."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from threading import Lock
from typing import Any

import numpy as np

from specwhisper.audio.speech import Stretch
from specwhisper.audio.waveform import SAMPLE_RATE

THRESHOLD = 0.5
"""Speech begins where the model is surer than this (0 to 1), and ends where it is 0.15 less sure."""

SHORTEST_SILENCE = 2.0
"""Silence shorter than this (s) is left in: pauses help Whisper to punctuate."""

SHORTEST_SPEECH = 0.2
"""What sounds like speech for less than this (s) is a click, or a note of music."""

MARGIN = 0.4
"""Kept on both sides of speech (s), for soft beginnings and ends."""

_FRAME = 512  # samples that the model judges at a time
_turn = Lock()  # the model remembers what it heard: one recording at a time


def find_speech(
    samples: np.ndarray,
    *,
    silence: float = SHORTEST_SILENCE,
    longest: float = math.inf,
    on_progress: Callable[[float], None] = lambda fraction: None,
) -> list[Stretch]:
    """The stretches of a recording that hold speech; none where nobody speaks.

    Args:
        samples: mono float32 at 16 kHz.
        silence: shorter silence (s) is left in.
        longest: longer stretches (s) are cut where it is quietest.
        on_progress: called with the fraction done.
    """
    with _turn:
        chances = _chances(samples, on_progress)
        found = _silero()[0].get_speech_timestamps_from_probs(
            chances,
            sampling_rate=SAMPLE_RATE,
            threshold=THRESHOLD,
            min_speech_duration_ms=int(1000 * SHORTEST_SPEECH),
            max_speech_duration_s=longest,
            min_silence_duration_ms=int(1000 * silence),
            speech_pad_ms=int(1000 * MARGIN),
            audio_length_samples=len(samples),
        )
    return [Stretch(int(each["start"]), int(each["end"])) for each in found]


def _chances(samples: np.ndarray, on_progress: Callable[[float], None]) -> list[float]:
    """How sure the model is of speech, frame by frame."""
    import torch

    model = _silero()[1]
    model.reset_states()
    chances: list[float] = []
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # a frame is too small to be shared
    try:
        with torch.inference_mode():
            sound = torch.from_numpy(np.ascontiguousarray(samples, np.float32))
            for start in range(0, len(sound), _FRAME):
                frame = sound[start : start + _FRAME]
                if len(frame) < _FRAME:
                    frame = torch.nn.functional.pad(frame, (0, _FRAME - len(frame)))
                chances.append(float(model(frame, SAMPLE_RATE)))
                if start % (_FRAME * 1000) == 0:
                    on_progress(start / len(sound))
    finally:
        torch.set_num_threads(threads)
    return chances


@lru_cache(maxsize=1)
def _silero() -> tuple[Any, Any]:
    import torch

    threads = torch.get_num_threads()
    try:
        import silero_vad  # which sets the number of threads, for everybody, when it is imported

        return silero_vad, silero_vad.load_silero_vad()
    finally:
        torch.set_num_threads(threads)
