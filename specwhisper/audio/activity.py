"""Where somebody speaks: Silero VAD, with the model that its package carries."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from specwhisper.audio.silero import Silero
from specwhisper.audio.speech import SpeechSpan
from specwhisper.audio.waveform import SAMPLE_RATE
from specwhisper.own_threads import own_threads

THRESHOLD = 0.5
"""Speech begins where the model is surer than this (0 to 1), and ends where it is 0.15 less sure."""

SHORTEST_SILENCE = 2.0
"""Silence shorter than this (s) is left in: pauses help Whisper to punctuate."""

SHORTEST_SPEECH = 0.2
"""What sounds like speech for less than this (s) is a click, or a note of music."""

MARGIN = 0.4
"""Kept on both sides of speech (s), for soft beginnings and ends."""

LEVEL = 0.1
"""Recordings are brought to this level for the detector, which takes quiet speech for none: the root mean
square of their loudest second, leaving out what is louder for less long, as clicks are.
"""

Turn = Callable[[], AbstractContextManager[None]]

FRAME = 512
"""Samples that the model judges at a time."""

FRAME_CONTEXT = 64
"""Samples before a frame that it hears as well."""

_TOGETHER = 256  # frames that are judged at a time: eight seconds


def find_speech(
    samples: np.ndarray,
    *,
    silence: float = SHORTEST_SILENCE,
    longest: float = math.inf,
    on_progress: Callable[[float], None] = lambda fraction: None,
    turn: Turn = nullcontext,
) -> list[SpeechSpan]:
    """The stretches of a recording that hold speech; none where nobody speaks.

    Args:
        samples: mono float32 at 16 kHz.
        silence: shorter silence (s) is left in.
        longest: longer stretches (s) are cut where it is quietest.
        on_progress: called with the fraction done.
        turn: entered for every eight seconds of sound, where others need the processors, too.
    """
    chances = chances_of_speech(samples, on_progress, gain_for(samples), turn)
    found = _silero()[0].get_speech_timestamps_from_probs(
        chances.tolist(),
        sampling_rate=SAMPLE_RATE,
        threshold=THRESHOLD,
        min_speech_duration_ms=int(1000 * SHORTEST_SPEECH),
        max_speech_duration_s=longest,
        min_silence_duration_ms=int(1000 * silence),
        speech_pad_ms=int(1000 * MARGIN),
        audio_length_samples=len(samples),
    )
    return [SpeechSpan(int(each["start"]), int(each["end"])) for each in found]


def gain_for(samples: np.ndarray) -> float:
    """What brings a recording to :data:`LEVEL`; 1 for one without any sound."""
    frames = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME)
    if not len(frames):
        return 1.0
    powers = np.einsum("ij,ij->i", frames, frames) / FRAME
    second = min(SAMPLE_RATE // FRAME, (len(frames) + 1) // 2)
    loud = float(np.partition(powers, -second)[-second]) ** 0.5
    return LEVEL / loud if loud > 0 else 1.0


def chances_of_speech(
    samples: np.ndarray,
    on_progress: Callable[[float], None],
    gain: float = 1.0,
    turn: Turn = nullcontext,
) -> np.ndarray:
    """How sure the model is of speech (0 to 1) in each 32 ms of mono float32 samples at 16 kHz.

    Only the model's memory (an LSTM) has to go through the frames one after the other; all else judges many
    at a time, which is ten times as fast as the package's own frame by frame.

    Args:
        gain: what the samples are multiplied by first.
        turn: as of :func:`find_speech`.
    """
    import torch

    judge = network()
    # Frames are too small to be shared by threads.
    with own_threads(1), torch.inference_mode():
        memory = judge.nothing_heard()
        chances = [np.empty(0, np.float32)]
        for start in range(0, len(samples), _TOGETHER * FRAME):
            on_progress(start / len(samples))
            before = samples[start - FRAME_CONTEXT : start] if start else np.zeros(FRAME_CONTEXT, np.float32)
            after = samples[start : start + _TOGETHER * FRAME]
            part = np.concatenate([before, np.pad(after, (0, -len(after) % FRAME))]) * np.float32(gain)
            heard = torch.from_numpy(part.astype(np.float32, copy=False))
            with turn():
                judged, memory = judge.chances(heard.unfold(0, FRAME_CONTEXT + FRAME, FRAME), memory)
            chances.append(judged.numpy())
    return np.concatenate(chances)


def network() -> Silero:
    """The model that judges frames."""
    return _silero()[1]


@lru_cache(maxsize=1)
def _silero() -> tuple[Any, Silero]:
    """The package and its network."""
    import torch

    threads = torch.get_num_threads()
    try:
        import silero_vad  # which sets the number of threads, for everybody
    finally:
        torch.set_num_threads(threads)

    return silero_vad, Silero.from_package(Path(silero_vad.__file__).with_name("data") / "silero_vad.jit")
