"""MP3 by its bytes: how many frames a header counts, and how long a frame should be."""

from __future__ import annotations

from typing import BinaryIO

# Kilobits per second of layer III by the four bits of a frame's header; 0: not stated, or no such value.
_MPEG_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0)
_MPEG_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0)
_RATES = (44_100, 48_000, 32_000, 0)
_DIVISORS = {0b11: 1, 0b10: 2, 0b00: 4}  # of the rate: MPEG 1, 2 and 2.5


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


def frame_bytes(header: bytes) -> int:
    """The bytes of a layer III frame by its first four (ISO/IEC 11172-3, 13818-3); 0: they do not say."""
    if len(header) < 4 or header[0] != 0xFF or header[1] >> 5 != 0b111 or header[1] >> 1 & 0b11 != 0b01:
        return 0
    version = header[1] >> 3 & 0b11
    rate = _RATES[header[2] >> 2 & 0b11] // _DIVISORS.get(version, 1)
    kilobits = (_MPEG_1 if version == 0b11 else _MPEG_2)[header[2] >> 4]
    if not rate or not kilobits or version == 0b01:
        return 0
    return (144 if version == 0b11 else 72) * kilobits * 1000 // rate + (header[2] >> 1 & 1)
