"""A recording cut at pauses, into windows that need not wait for each other's end."""

from __future__ import annotations

from contextlib import nullcontext

import numpy as np

from specwhisper.audio.activity import Turn, find_speech
from specwhisper.audio.speech import SpeechSpan
from specwhisper.audio.windows import WINDOW_SAMPLES, WINDOW_SECONDS, windows_of

_PAUSE = 0.5  # seconds of silence at which a recording may be cut


def pause_windows(samples: np.ndarray, *, vad: bool, turn: Turn = nullcontext) -> list[SpeechSpan]:
    """Windows of at most 30 s, in order, those without speech left out.

    Args:
        vad: whether to look where somebody speaks; otherwise there is a window every 30 s.
        turn: as of :func:`specwhisper.audio.activity.find_speech`.
    """
    if not vad:
        return [SpeechSpan(each.start_sample, each.end_sample) for each in windows_of(samples)]
    return grouped(find_speech(samples, silence=_PAUSE, longest=WINDOW_SECONDS - 1, turn=turn))


def grouped(stretches: list[SpeechSpan]) -> list[SpeechSpan]:
    """As many neighbours put together as fit into a window."""
    groups: list[SpeechSpan] = []
    for stretch in stretches:
        if groups and stretch.end - groups[-1].start <= WINDOW_SAMPLES:
            groups[-1] = SpeechSpan(groups[-1].start, stretch.end)
        else:
            # Silero's margins may make a stretch a little longer than asked for.
            groups.append(SpeechSpan(stretch.start, min(stretch.end, stretch.start + WINDOW_SAMPLES)))
    return groups
