"""One decoded FFmpeg frame as mono float32."""

from __future__ import annotations

from typing import Any

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.plane import AudioPlane

from specwhisper.audio.mixing import Mixer

# FFmpeg's sample formats (without the "p" of planar): numpy type, value of silence, full scale.
_FORMATS: dict[str, tuple[str, float, float]] = {
    "u8": ("u1", 128.0, 128.0),
    "s16": ("i2", 0.0, 32768.0),
    "s32": ("i4", 0.0, 2147483648.0),
    "s64": ("i8", 0.0, 9223372036854775808.0),
    "flt": ("f4", 0.0, 1.0),
    "dbl": ("f8", 0.0, 1.0),
}

LOUDEST = 2.0**31
"""Amplitude past which a sample is damage, not sound: what unscaled 32-bit integers reach. Larger ones
overflow float32 when the features square them."""


def mono(frame: AudioFrame, mixer: Mixer) -> np.ndarray:
    """A frame's channels as one, float32 [samples], full scale at -1..1.

    ``AudioFrame.to_ndarray`` is avoided on purpose: PyAV 18 finds the planes of a frame by looking for a
    null pointer, and with eight or more planar channels (7.1) it reads past the end of the list.

    Raises:
        ValueError: a sample format unknown here, or samples that are no sound (NaN, infinite, absurd).
    """
    planar = frame.format.is_planar
    name = frame.format.name.removesuffix("p") if planar else frame.format.name
    if name not in _FORMATS:
        raise ValueError(f"unknown sample format {frame.format.name}")
    dtype, silence, scale = _FORMATS[name]
    channels, samples = frame.layout.nb_channels, frame.samples
    if planar:
        planes = [_plane(frame, channel, dtype, samples) for channel in range(channels)]
    else:
        planes = list(_plane(frame, 0, dtype, samples * channels).reshape(samples, channels).T)
    wide = np.float64 if dtype in ("f8", "i4", "i8") else np.float32
    with np.errstate(over="ignore", invalid="ignore"):  # judged below
        total: np.ndarray = planes[0].astype(wide)
        for plane in planes[1:]:
            total = total + plane
        mean: np.ndarray = ((total - silence * channels) / (scale * channels)).astype(np.float32)
        _judge(mean)
        if channels == 1:
            return mean
        each: list[np.ndarray] = [np.subtract(plane, silence, dtype=wide) for plane in planes]
        chosen = mixer.choose(mean, each, scale, frame.rate)
        if chosen is None:
            return mean
        one: np.ndarray = (each[chosen] / scale).astype(np.float32)
        _judge(one)
        return one


def _judge(samples: np.ndarray) -> None:
    # One reduction answers both questions: any NaN or infinity makes the comparison false.
    if len(samples) and not np.abs(samples).max() <= LOUDEST:
        raise ValueError("samples that are not sound")


def _plane(frame: AudioFrame, index: int, dtype: str, count: int) -> np.ndarray:
    plane: Any = AudioPlane(frame, index)  # a buffer, which its type stub does not say
    return np.frombuffer(plane, dtype, count)
