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


def mp3_frames(file: BinaryIO) -> int:
    """The frames that the Xing, Info or VBRI header of an MP3 counts; 0 without one.

    FFmpeg's own duration is not used: where a long tag follows the sound, it is a guess again.
    """
    file.seek(0)
    tag = file.read(10)
    start = 0
    if tag[:3] == b"ID3":
        for byte in tag[6:]:  # the tag's length: four bytes of seven bits
            start = start << 7 | byte & 0x7F
        start += 10
    file.seek(start)
    head = file.read(4096)  # padding, then the first frame
    for mark in (b"Xing", b"Info"):
        at = head.find(mark)
        if at >= 0 and head[at + 7 : at + 8] and head[at + 7] & 1:  # flags: frames are counted
            return int.from_bytes(head[at + 8 : at + 12], "big")
    at = head.find(b"VBRI")
    return int.from_bytes(head[at + 14 : at + 18], "big") if at >= 0 else 0
