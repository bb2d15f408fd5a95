"""Whisper's mel filters: triangles, evenly spaced on the Slaney scale, each of the same area.

M. Slaney, "Auditory Toolbox", 1998: linear up to 1,000 Hz, logarithmic above. Every step is that of
``transformers.audio_utils.mel_filter_bank`` (and so of librosa), in the same order, because the filters must
be equal to the last bit; a test compares them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from specwhisper.audio.waveform import SAMPLE_RATE

_BORDER = 1000.0  # Hz: linear below, logarithmic above
_BORDER_MEL = 15.0  # the same in mels
_RATIO, _STEPS = 6.4, 27.0  # 27 mels above the border, the frequency is 6.4 times as high


def mel_filters(n_mels: int, bins: int = 201) -> NDArray[np.float32]:
    """Filters from the bins of a spectrum (0 to 8,000 Hz) to mels, float32 [n_mels, bins]."""
    highest = SAMPLE_RATE / 2
    mels = np.linspace(0.0, _mel_above_border(highest), n_mels + 2)
    corners = _hertz(mels)
    slopes = corners[None] - np.linspace(0, highest, bins)[:, None]
    widths = np.diff(corners)
    falling, rising = -slopes[:, :-2] / widths[:-1], slopes[:, 2:] / widths[1:]
    filters = np.maximum(np.zeros(1), np.minimum(falling, rising))
    filters *= (2.0 / (corners[2:] - corners[:-2]))[None]
    return np.ascontiguousarray(filters.T, np.float32)


def _mel_above_border(hertz: float) -> float:
    return float(_BORDER_MEL + np.log(hertz / _BORDER) * (_STEPS / np.log(_RATIO)))


def _hertz(mels: NDArray[np.float64]) -> NDArray[np.float64]:
    hertz = 200.0 * mels / 3.0
    above = mels >= _BORDER_MEL
    hertz[above] = _BORDER * np.exp(np.log(_RATIO) / _STEPS * (mels[above] - _BORDER_MEL))
    return hertz
