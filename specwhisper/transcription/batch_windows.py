"""A recording cut into windows that are decoded side by side, so none may wait for another's end."""

from __future__ import annotations

import numpy as np

from specwhisper.audio.activity import find_speech
from specwhisper.audio.speech import Speech, Stretch
from specwhisper.audio.windows import WINDOW_SAMPLES, WINDOW_SECONDS, Window, windows_of

_PAUSE = 0.5  # seconds of silence at which a recording may be cut


def batch_windows(samples: np.ndarray, *, timed: bool, vad: bool) -> tuple[list[Window], Speech]:
    """Windows of at most 30 s, in order, those without speech left out with ``vad``; and what is speech.

    Args:
        timed: cut at pauses instead of every 30 s, where ``vad`` knows of them.
    """
    if not vad:
        return windows_of(samples), Speech(samples)
    if not timed:
        speech = Speech(samples, find_speech(samples))
        windows = windows_of(samples)
        return [each for each in windows if speech.holds(each.start_sample, each.end_sample)], speech
    found = find_speech(samples, silence=_PAUSE, longest=WINDOW_SECONDS - 1)
    windows = [Window(group.start, samples[group.start : group.end]) for group in grouped(found)]
    return windows, Speech(samples, found)


def grouped(stretches: list[Stretch]) -> list[Stretch]:
    """As many neighbours put together as fit into a window."""
    groups: list[Stretch] = []
    for stretch in stretches:
        if groups and stretch.end - groups[-1].start <= WINDOW_SAMPLES:
            groups[-1] = Stretch(groups[-1].start, stretch.end)
        else:
            # Silero's margins may make a stretch a little longer than asked for.
            groups.append(Stretch(stretch.start, min(stretch.end, stretch.start + WINDOW_SAMPLES)))
    return groups
