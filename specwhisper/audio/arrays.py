"""Samples that are already in memory, as mono float32."""

from __future__ import annotations

import numpy as np
import torch

from specwhisper.audio.frames import LOUDEST
from specwhisper.audio.mixing import Mixer
from specwhisper.audio.resample import RATES
from specwhisper.audio.source import UNNAMED
from specwhisper.errors import EmptyAudioError, NotAudioError, OptionError

MAX_CHANNELS = 64
"""FFmpeg's own limit; an array with more rows is a spectrogram or a batch."""


def mono_samples(array: np.ndarray | torch.Tensor, rate: float) -> np.ndarray:
    """The channels as one, float32 [samples], still at ``rate`` Hz.

    Floats are kept as they are; integers are scaled by their type (int16 by 32,768; unsigned types are
    silent at their middle). Of two axes the shorter one is the channels, the first when they are equal, so
    both [channels, samples] and [samples, channels] are heard right.

    Raises:
        EmptyAudioError: no samples.
        NotAudioError: more than two axes, more than 64 channels, NaN or infinite samples, or a type that is
            no sound. 64-bit integers are refused: they usually hold 16-bit samples, and nothing says so.
        OptionError: a ``rate`` that no recording has.
    """
    if not isinstance(rate, (int, float, np.integer, np.floating)) or not RATES[0] <= rate <= RATES[1]:
        raise OptionError(
            f"sampling_rate must be between {RATES[0]:,} and {RATES[1]:,} samples per second, not {rate!r}."
        )
    samples = _numpy(array)
    if samples.size == 0:
        raise EmptyAudioError(f"{UNNAMED} is an array without samples; pass at least one.")
    if samples.ndim not in (1, 2):
        raise NotAudioError(
            f"{UNNAMED} is an array with {samples.ndim} axes; pass [samples] or [channels, samples]."
        )
    if samples.ndim == 2 and samples.shape[0] > samples.shape[1]:
        samples = samples.T
    if samples.ndim == 2 and samples.shape[0] > MAX_CHANNELS:
        raise NotAudioError(
            f"{UNNAMED} is an array with {samples.shape[0]} channels; pass samples, not features."
        )
    with np.errstate(over="ignore", invalid="ignore"):  # judged below
        floats = scaled(samples)
        mixed = floats if floats.ndim == 1 else _mixed(floats, rate)
    if not np.abs(mixed).max() <= LOUDEST:
        raise NotAudioError(
            f"{UNNAMED} is an array with NaN, infinite or absurdly large samples; clean it first."
        )
    return mixed


def _mixed(channels: np.ndarray, rate: float) -> np.ndarray:
    """[channels, samples] as [samples], a tenth of a second at a time."""
    mean: np.ndarray = channels.mean(axis=0, dtype=np.float32)
    if len(channels) == 1:
        return mean
    mixer, step = Mixer(), round(rate / 10)
    for start in range(0, len(mean), step):
        piece = slice(start, start + step)
        chosen = mixer.choose(mean[piece], channels[:, piece], 1.0, rate)
        if chosen is not None:
            mean[piece] = channels[chosen, piece]
    return mean


def _numpy(array: np.ndarray | torch.Tensor) -> np.ndarray:
    if not isinstance(array, torch.Tensor):
        return array
    array = array.detach().cpu()
    return (array.float() if array.is_floating_point() else array).numpy()  # numpy has no bfloat16


def scaled(samples: np.ndarray) -> np.ndarray:
    """``samples`` as float32 with full scale at -1..1.

    Raises:
        NotAudioError: a type that is no sound.
    """
    kind, bits = samples.dtype.kind, 8 * samples.dtype.itemsize
    if kind == "f":
        return samples.astype(np.float32)  # what is too large for it becomes infinite
    if kind in "iu" and bits < 64:
        scale = 2.0 ** (bits - 1)
        wide: np.ndarray = samples.astype(np.float64 if bits == 32 else np.float32)
        return ((wide - (scale if kind == "u" else 0.0)) / scale).astype(np.float32)
    raise NotAudioError(f"{UNNAMED} is an array of {samples.dtype}; convert it to float32 (-1..1) or int16.")
