"""Recordings made in the test, with PyAV's own encoders."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import av
import numpy as np

RATE = 16_000


class Format(NamedTuple):
    """How to write a file: FFmpeg's names for the muxer, the encoder and its sample format."""

    muxer: str
    codec: str
    sample_format: str = "s16"
    options: tuple[tuple[str, str], ...] = ()


WAV = Format("wav", "pcm_s16le")
FLAC = Format("flac", "flac")
MP3 = Format("mp3", "libmp3lame", "s16p")
OPUS = Format("ogg", "libopus")
AAC = Format("ipod", "aac", "fltp")


def voice(seconds: float = 2.0, rate: int = RATE, channels: int = 1) -> np.ndarray:
    """int16 [channels, samples]: gliding tones with syllables, a different pitch on each channel."""
    t = np.arange(round(seconds * rate)) / rate
    rows = []
    for channel in range(channels):
        glide = 2 * np.pi * (180 + 40 * channel + 120 * t) * t
        tone = np.sin(glide) + 0.5 * np.sin(2 * glide) + 0.25 * np.sin(3 * glide)
        rows.append(tone * (0.6 + 0.4 * np.sin(2 * np.pi * 3 * t)))
    return np.round(np.stack(rows) * 12_000).astype(np.int16)


def encode(samples: np.ndarray, rate: int, how: Format, layout: str | None = None) -> bytes:
    """The bytes of a file with ``samples``, int16 [channels, samples] at ``rate`` Hz."""
    layout = layout or {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}[len(samples)]
    with tempfile.TemporaryDirectory() as folder:  # "faststart" reads its own output, so memory will not do
        path = Path(folder) / "recording"
        _write(str(path), samples, rate, how, layout)
        return path.read_bytes()


def _write(path: str, samples: np.ndarray, rate: int, how: Format, layout: str) -> None:
    with av.open(path, "w", format=how.muxer, options=dict(how.options)) as container:
        stream = container.add_stream(how.codec, rate=rate, layout=layout)
        stream.format = how.sample_format
        packed = np.ascontiguousarray(samples.T).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(packed, format="s16", layout=layout)
        frame.sample_rate = rate
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)


def at_times(pieces: Sequence[tuple[float, np.ndarray]], how: Format, *, picture: bool = False) -> bytes:
    """A file whose sound stands at times of its own: (seconds, int16 [1, samples] at 16 kHz) each.

    Every piece is encoded by itself, so that its packets are whole. With ``picture`` a video track begins
    at 0.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "recording"
        with av.open(str(path), "w", format=how.muxer, options=dict(how.options)) as container:
            stream = container.add_stream(how.codec, rate=RATE, layout="mono")
            stream.format = how.sample_format
            if picture:
                _add_picture(container)
            for seconds, samples in pieces:
                coder = av.CodecContext.create(how.codec, "w")
                assert isinstance(coder, av.AudioCodecContext)
                coder.rate, coder.layout, coder.format = RATE, "mono", how.sample_format
                frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
                frame.sample_rate = RATE
                parts = av.AudioResampler(how.sample_format, "mono", RATE, frame_size=1024).resample(frame)
                at = 0
                for part in parts:
                    part.pts, part.time_base = at, Fraction(1, RATE)
                    at += part.samples
                    _mux(container, stream, coder.encode(part), seconds)
                _mux(container, stream, coder.encode(None), seconds)
        return path.read_bytes()


def _mux(container: Any, stream: Any, packets: Sequence[Any], seconds: float) -> None:
    for packet in packets:
        shift = round(seconds / packet.time_base)
        packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
        packet.stream = stream
        container.mux(packet)


def _add_picture(container: Any) -> None:
    video = container.add_stream("mpeg4", rate=5)
    video.width = video.height = 64
    for number in range(10):
        frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 99, np.uint8), format="rgb24")
        frame.pts = number
        container.mux(video.encode(frame))
    container.mux(video.encode(None))


@lru_cache(maxsize=64)
def recording(how: Format, seconds: float = 2.0, rate: int = RATE, channels: int = 1) -> bytes:
    """:func:`encode` of :func:`voice`; made once."""
    return encode(voice(seconds, rate, channels), rate, how)


def similarity(one: np.ndarray, other: np.ndarray, max_shift: int = 4000) -> float:
    """The best correlation (-1..1) of two signals over shifts of up to ``max_shift`` samples."""
    size = 1 << (len(one) + len(other)).bit_length()
    cross = np.fft.irfft(np.fft.rfft(one, size) * np.conj(np.fft.rfft(other, size)), size)
    near = np.concatenate([cross[:max_shift], cross[-max_shift:]])
    return float(near.max() / np.sqrt(np.sum(one**2.0) * np.sum(other**2.0)))
