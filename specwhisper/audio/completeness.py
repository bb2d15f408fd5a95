"""Is all of the recording there? What containers promise, held against what came.

Two kinds of promise are believed. Bytes: WAV and AVI (RIFF), Wave64, CAF, MP4, Matroska and ASF state where
they end, and an Ogg page states its length. Seconds: the headers of FLAC, AIFF, AU, TTA, WavPack, Monkey's
Audio and of MP3 with a Xing or VBRI frame state how long the sound is (see :mod:`.stated`). The sizes that
programs write when they cannot go back to fill them in (0, about 2 GiB, about 4 GiB) promise nothing.
"""

from __future__ import annotations

from typing import BinaryIO

from specwhisper.audio import isobmff, riff

_ASF = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
_ASF_FILE_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
_EBML, _SEGMENT = bytes.fromhex("1a45dfa3"), bytes.fromhex("18538067")
_CHUNKS = 10_000  # more chunks than any honest header has in front of its sound
_FAR = 1 << 60  # past any file; some file objects cannot even be asked for what lies there
_OGG_PAGE = 27 + 255 + 255 * 255  # bytes of the longest page


def breaks_off(file: BinaryIO, size: int) -> bool:
    """Whether the container promises clearly more bytes than ``size``."""
    head = _at(file, 0, 16)
    if isobmff.is_isobmff(head):
        end: int | None = isobmff.promised_end(file, size)
    elif head[:4] in riff.MAGICS:
        end = riff.promised_end(file, size)
    elif head[:4] == b"riff":
        end = _wave64_end(file)
    elif head[:4] == b"caff":
        end = _caf_end(file)
    elif head[:4] == _EBML:
        end = _matroska_end(file)
    elif head == _ASF:
        end = _asf_end(file)
    elif head[:4] == b"OggS":
        return _ogg_page_is_cut(file, size)
    else:
        end = None
    return end is not None and end - size > byte_slack(end)


def byte_slack(promised: int) -> int:
    """Missing bytes that are forgiven: programs miscount headers and padding, rarely by more than 2%."""
    return min(max(promised // 50, 512), 32 << 10)


def second_slack(promised: float) -> float:
    """Missing seconds that are forgiven: a few codec frames, a second at most."""
    return min(max(promised / 50, 0.25), 1.0)


def _at(file: BinaryIO, offset: int, count: int) -> bytes:
    if offset > _FAR:
        return b""
    file.seek(offset)
    return file.read(count)


def _wave64_end(file: BinaryIO) -> int | None:
    start = 40
    for _ in range(_CHUNKS):
        header = _at(file, start, 24)
        length = int.from_bytes(header[16:24], "little")
        if len(header) < 24 or length < 24:
            return None
        if header[:4] == b"data":
            return start + length if length < 1 << 62 else None
        start += (length + 7) // 8 * 8
    return None


def _caf_end(file: BinaryIO) -> int | None:
    start = 8
    for _ in range(_CHUNKS):
        header = _at(file, start, 12)
        length = int.from_bytes(header[4:12], "big", signed=True)
        if len(header) < 12 or length < 0:  # -1: up to the end of the file
            return None
        if header[:4] == b"data":
            return start + 12 + length
        start += 12 + length
    return None


def _matroska_end(file: BinaryIO) -> int | None:
    length, header = _ebml_length(_at(file, 4, 8))
    segment = 4 + header + (length or 0)
    if not header or _at(file, segment, 4) != _SEGMENT:
        return None
    length, header = _ebml_length(_at(file, segment + 4, 8))
    return None if length is None else segment + 4 + header + length


def _ebml_length(data: bytes) -> tuple[int | None, int]:
    """A variable-length number and the bytes it takes; ``None`` when all its bits say "unknown" (live)."""
    width = 9 - data[0].bit_length() if data else 9
    if len(data) < width:
        return None, 0
    value = int.from_bytes(data[:width], "big") & ((1 << 7 * width) - 1)
    return (None if value == (1 << 7 * width) - 1 else value), width


def _asf_end(file: BinaryIO) -> int | None:
    start = 30
    for _ in range(_CHUNKS):
        header = _at(file, start, 92)
        length = int.from_bytes(header[16:24], "little")
        if header[:16] == _ASF_FILE_PROPERTIES and len(header) == 92:
            live = header[88] & 1
            return None if live else int.from_bytes(header[40:48], "little")
        if len(header) < 24 or length < 24:
            return None
        start += length
    return None


def _ogg_page_is_cut(file: BinaryIO, size: int) -> bool:
    """Whether the last page is shorter than its header says: players drop it whole, up to some seconds.

    The mark for the end of the stream is not asked for; live streams end without one.
    """
    start = max(0, size - _OGG_PAGE)
    tail = _at(file, start, size - start)
    page_start = tail.rfind(b"OggS")
    if page_start < 0:
        return False  # junk behind the end, longer than a page
    page = tail[page_start:]
    if len(page) < 27:
        return True
    lengths = page[27 : 27 + page[26]]
    return len(lengths) < page[26] or len(page) < 27 + len(lengths) + sum(lengths)
