"""Recordings that were joined byte by byte, and sound behind the end that a header states.

FFmpeg stops where the first header says that its sound ends. So a file is first cut into the recordings it
consists of, and what none of them explains is either read on (WAV) or counted, to be told.
"""

from __future__ import annotations

import io
from dataclasses import replace
from typing import BinaryIO, NamedTuple, cast

from specwhisper.audio import isobmff, riff
from specwhisper.audio.riff import is_padding
from specwhisper.audio.source import Source

MOST = 500
"""Recordings in a file; whoever joins more has FFmpeg or a list for it."""


_ASF = bytes.fromhex("3026b275")
_MAGICS = (b"caff", b"TTA1", b"wvpk", b"MAC ", b"FLV\1", b"Crea", b".RMF", _ASF)
_NEAR = 64 << 10  # bytes between the last sound of a recording and the next one: tags
_SHORTEST = 4096  # bytes of a recording, or of something behind it that is worth a word


class Part(NamedTuple):
    """One of the recordings in a file.

    Attributes:
        source: it alone.
        goes_on: its sound goes on behind the end that its header states.
    """

    source: Source
    goes_on: bool


def parts_of(source: Source) -> tuple[list[Part], int]:
    """The recordings in a file, usually one, and the bytes behind them that nothing explains."""
    parts: list[Part] = []
    start = 0
    while start < source.size:
        if len(parts) == MOST or (start and not _begins(source.file, start)):
            return parts, source.size - start
        rest = behind(source, start)
        end = _end_of_first(rest.file, rest.size)
        part = rest if end is None else _slice(source, start, start + end)
        parts.append(Part(part, riff.goes_on(part.file, part.size)))
        start += part.size
    return parts, 0


def behind(source: Source, start: int) -> Source:
    """What follows in a file from byte ``start`` on."""
    return _slice(source, start, source.size) if start else source


def same_again(source: Source, start: int) -> int | None:
    """Where behind byte ``start``, and near it, a recording of the same kind begins; None: nowhere.

    For formats whose end cannot be looked up: what FFmpeg has not read may be another recording.
    """
    magic = _at(source.file, 0, 4)
    found = _at(source.file, start, _NEAR).find(magic) if magic in _MAGICS else -1
    return None if found < 0 else start + found


def _end_of_first(file: BinaryIO, size: int) -> int | None:
    """Where the first recording ends, if that is clearly before the end of the file."""
    head = _at(file, 0, 24)
    if head[:4] in riff.MAGICS and head[8:12] == b"WAVE":
        return riff.next_recording(file, size)
    if isobmff.is_isobmff(head):
        return isobmff.next_recording(file, size)
    end = 0
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        end = 8 + int.from_bytes(head[4:8], "big")
    elif head[:4] == b"riff":  # Wave64
        end = int.from_bytes(head[16:24], "little")
    if end < _SHORTEST or size - end < _SHORTEST or is_padding(file, end, size):
        return None
    return end


def _begins(file: BinaryIO, start: int) -> bool:
    head = _at(file, start, 8)
    return head[:4] in (*riff.MAGICS, b"FORM", b"riff") or isobmff.is_isobmff(head)


def _slice(source: Source, start: int, end: int) -> Source:
    return replace(source, file=cast(BinaryIO, _Slice(source.file, start, end)), size=end - start)


def _at(file: BinaryIO, offset: int, count: int) -> bytes:
    file.seek(offset)
    return file.read(count)


class _Slice(io.RawIOBase):
    """The bytes of a file from ``start`` to ``end``, as a file of their own."""

    def __init__(self, file: BinaryIO, start: int, end: int) -> None:
        self._file, self._start, self._length = file, start, end - start
        self._at = 0

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset + (0, self._at, self._length)[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def read(self, count: int = -1) -> bytes:
        left = max(self._length - self._at, 0)
        self._file.seek(self._start + self._at)
        piece = self._file.read(left if count < 0 else min(count, left))
        self._at += len(piece)
        return piece
