"""WAV and AVI by their chunks (RIFF, RF64, BW64): where they end, and what they claim."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

MAGICS = (b"RIFF", b"RF64", b"BW64")

_UNFILLED = 0x7FFF0000
"""Sizes from here up are placeholders: FFmpeg streams with 0xFFFFFFFF, SoX with 0x7FFFFFFF or less."""

_CHUNKS = 10_000  # more chunks than any honest header has in front of its sound
_FAR = 1 << 60  # past any file; some file objects cannot even be asked for what lies there
_MOST_LIST = 16 << 20  # bytes past the end of the file that a list may claim: FFmpeg allocates them
_BEHIND = frozenset(
    (
        b"LIST",
        b"JUNK",
        b"junk",
        b"PAD ",
        b"fact",
        b"cue ",
        b"smpl",
        b"id3 ",
        b"ID3 ",
        b"bext",
        b"iXML",
        b"PEAK",
    )
)
"""Chunks that may follow the sound, even where they are cut."""

_ZEROS = 1 << 20  # bytes that are looked at together for padding
_MOST_ZEROS = 256 << 20


class Chunk(NamedTuple):
    """``kind`` between bytes ``body`` and ``end``; ``list_kind`` of a list.

    ``is_unfilled``: the program that wrote it never came back to say how long it is.
    """

    kind: bytes
    body: int
    end: int
    list_kind: bytes
    is_unfilled: bool

    @property
    def is_sound(self) -> bool:
        return self.kind == b"data" or (self.kind == b"LIST" and self.list_kind == b"movi")


def promised_end(file: BinaryIO, size: int) -> int | None:
    """The end of the sound: of the ``data`` chunk of a WAV, of the ``movi`` list of an AVI.

    Any other list must fit as well. Chunks of other kinds may be junk behind the sound.
    """
    whole = int.from_bytes(_at(file, 4, 4), "little")
    end = None if _is_unfilled(whole) else 8 + whole  # for a file that is cut before its sound begins
    for chunk in _chunks(file):
        if chunk.is_sound:
            if chunk.is_unfilled:
                return None
            end = chunk.end
        elif chunk.kind == b"LIST" and chunk.end > size:
            return chunk.end
    return end


def claims_impossible(file: BinaryIO, size: int) -> bool:
    """Whether a list claims far more bytes than there are: FFmpeg would allocate them."""
    if _at(file, 0, 4) not in MAGICS:
        return False
    return any(
        chunk.kind == b"LIST" and not chunk.is_sound and chunk.end > size + _MOST_LIST
        for chunk in _chunks(file)
    )


def next_recording(file: BinaryIO, size: int) -> int | None:
    """Where another WAV begins behind the first one, which was joined to it byte by byte."""
    end = 12
    for chunk in _chunks(file):
        if chunk.is_sound and chunk.is_unfilled:
            return None
        if chunk.kind in MAGICS or chunk.end > size or not _is_name(chunk.kind):
            break
        end = chunk.end
    for start in (end, end + 1):  # a chunk of odd length should be, and is not always, followed by a zero
        head = _at(file, start, 12)
        if head[:4] in MAGICS and head[8:] == b"WAVE":
            return start
    return None


def goes_on(file: BinaryIO, size: int) -> bool:
    """Whether sound follows behind its stated end: the header was written early, or its size overflowed.

    What follows and is neither a chunk nor padding, and would last a quarter of a second, is sound.
    """
    if _at(file, 0, 4) not in MAGICS or _at(file, 8, 4) != b"WAVE":
        return False
    rate, end = 0, None
    for chunk in _chunks(file):
        if chunk.kind == b"fmt ":
            rate = int.from_bytes(_at(file, chunk.body + 8, 4), "little")  # bytes per second
        if chunk.is_sound and chunk.is_unfilled:
            return False
        if chunk.is_sound:
            end = chunk.end
        elif end is not None:
            known = chunk.kind in _BEHIND
            if not known and not (_is_name(chunk.kind) and chunk.end <= size):
                break
            end = chunk.end
    return end is not None and size - end > max(rate / 4, 1024) and not is_padding(file, end, size)


def _chunks(file: BinaryIO) -> Iterator[Chunk]:
    start, wide = 12, 0
    for _ in range(_CHUNKS):
        header = _at(file, start, 24)
        if len(header) < 8:
            return
        kind, length = header[:4], int.from_bytes(header[4:8], "little")
        unfilled = _is_unfilled(length)
        if kind == b"ds64":  # RF64: the 64-bit length of the data chunk, eight bytes further on
            wide = int.from_bytes(header[16:24], "little")
        elif kind == b"data" and 0 < wide < _FAR:
            length, unfilled = wide, False
        yield Chunk(kind, start + 8, start + 8 + length, header[8:12], unfilled)
        start += 8 + length + length % 2


def _is_unfilled(length: int) -> bool:
    return length == 0 or length >= _UNFILLED


def _is_name(kind: bytes) -> bool:
    return all(0x20 <= letter < 0x7F for letter in kind)


def is_padding(file: BinaryIO, start: int, end: int) -> bool:
    """Whether there is nothing but zeros: room that was reserved and not used."""
    for at in range(start, min(end, start + _MOST_ZEROS), _ZEROS):
        piece = _at(file, at, min(_ZEROS, end - at))
        if piece.count(0) != len(piece):
            return False
    return True


def _at(file: BinaryIO, offset: int, count: int) -> bytes:
    if offset > _FAR:
        return b""
    file.seek(offset)
    return file.read(count)
