"""How long a recording says it is, before it is decoded.

FFmpeg gives every file a duration, and does not say which ones it guessed from the bit rate; a guess
must neither refuse a recording nor call it cut short. Hence a list of the formats that really state one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

import av
from av.audio.stream import AudioStream
from av.container import InputContainer

from specwhisper.audio.mpeg_audio import mp3_frames
from specwhisper.audio.packets import MP4

_EXACT = frozenset({"aiff", "ape", "au", "flac", "tak", "tta", "wv"})
_ROUGH = frozenset({"asf", "avi", "caf", "matroska,webm", MP4, "ogg", "w64", "wav"})
_FEWEST_BITS = 50
"""Bits per second below which a stated length is not believed: no codec needs so few, not even for silence,
but wrong headers claim days of sound in a small file."""


@dataclass(frozen=True, slots=True)
class StatedLength:
    """What a header says.

    Attributes:
        seconds: the length; 0 when nothing is stated.
        exact: whether sound that ends earlier is cut short. Otherwise the length may be that of a picture
            track beside the sound, or counted by packets: good enough to refuse what is far too long.
    """

    seconds: float = 0.0
    exact: bool = False


def stated_length(container: InputContainer, stream: AudioStream, file: BinaryIO, size: int) -> StatedLength:
    """The length that ``container`` states for ``stream``, read from ``file`` of ``size`` bytes."""
    name = container.format.name
    if name == "mp3":
        frames = mp3_frames(file)
        seconds = frames * (stream.codec_context.frame_size or 0) / (stream.rate or 1)
        exact = True
    elif name not in _EXACT | _ROUGH:
        return StatedLength()
    else:
        exact = name in _EXACT
        if stream.duration and stream.time_base:
            seconds = float(stream.duration * stream.time_base)
        else:
            seconds = (container.duration or 0) / av.time_base
    believable = 0 < seconds * _FEWEST_BITS <= size * 8
    return StatedLength(seconds, exact) if believable else StatedLength()
