"""Which of several audio tracks: the one that was asked for, else the first with speech in it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from specwhisper.audio.listen import Heard, Listener, Wish
from specwhisper.audio.source import Source
from specwhisper.audio.waveform import SAMPLE_RATE
from specwhisper.errors import AudioError, AudioTooLongError

SILENT = 1e-3
"""A track whose largest sample is below this (-60 dB) is silent."""

_SPEECH = 2
_LOOKS, _LOOK_SECONDS = 6, 30  # stretches, spread evenly, in which speech is looked for


def hear(source: Source, wish: Wish) -> Heard:
    """The sound of a file; where it has several tracks and none is wished for, of the first with speech.

    Tracks are taken in the order a player would; only where there are several is anything decoded twice.

    Raises:
        AudioError: no track can be heard, or not the one that was wished for.
    """
    listener = Listener(source, wish)
    first_error: AudioError | None = None
    heard: Heard | None = None
    try:
        heard = listener.listen()
    except AudioTooLongError:
        raise
    except AudioError as error:
        if listener.tracks < 2 or wish.track is not None:
            raise
        first_error = error
    if heard and (listener.tracks < 2 or wish.track is not None):
        return heard
    best, taken, worth = heard, listener.track, _worth(heard)
    for number in range(1, listener.tracks + 1):
        if worth == _SPEECH:
            break
        if number == listener.track:
            continue
        try:
            other = Listener(source, replace(wish, track=number)).listen()
        except AudioTooLongError:
            raise
        except AudioError:
            continue
        if _worth(other) > worth:
            best, taken, worth = other, number, _worth(other)
    if best is None:
        assert first_error is not None
        raise first_error
    return replace(best, warnings=(*best.warnings, _told(source.name, listener, taken)))


def _told(name: str, listener: Listener, taken: int) -> str:
    why = "" if taken == listener.track else f", as nothing is said in track {listener.track}"
    return (
        f"{name} has {listener.tracks} audio tracks; track {taken} was transcribed{why} "
        "(--audio-track takes another)."
    )


def _worth(heard: Heard | None) -> int:
    """Speech counts more than sound (1), that more than silence (0); -1: it cannot be decoded."""
    if heard is None:
        return -1
    samples = heard.samples
    if not len(samples) or max(samples.max(), -samples.min()) < SILENT:
        return 0
    return _SPEECH if _has_speech(samples) else 1


def _has_speech(samples: np.ndarray) -> bool:
    from specwhisper.audio.activity import find_speech  # brings a model along: for several tracks alone

    length = _LOOK_SECONDS * SAMPLE_RATE
    if len(samples) <= _LOOKS * length:
        return bool(find_speech(samples))
    starts = np.linspace(0, len(samples) - length, _LOOKS).astype(int)
    return any(find_speech(samples[start : start + length]) for start in starts)
