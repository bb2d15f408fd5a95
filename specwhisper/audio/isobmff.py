"""MP4, M4A, MOV and 3GP by their boxes (ISO/IEC 14496-12): where they end, and what they claim.

Only headers and the small sample tables are read. FFmpeg answers both questions too late: it calls a cut
file merely invalid, and it allocates an index entry for each claimed sample before it looks for one.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO, NamedTuple

import numpy as np

FIRST_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
_PATH = (b"moov", b"trak", b"mdia", b"minf", b"moof", b"traf")  # boxes that hold the tables
_MOST_BOXES = 2_000_000  # read in about two seconds; hours of short fragments have fewer
_MOST_TABLES = 50  # a track has about ten


class Box(NamedTuple):
    """``kind`` from byte ``start`` on, its contents from ``body`` to ``end`` (not there in a cut file)."""

    kind: bytes
    start: int
    body: int
    end: int


def is_isobmff(head: bytes) -> bool:
    """Whether the first 8 bytes of a file are those of a box that such a file begins with."""
    return head[4:8] in FIRST_BOXES


def promised_end(file: BinaryIO, size: int) -> int:
    """The byte at which the file should end, beyond ``size`` when it is cut short.

    Without all of the index (``moov``), which many recorders write last, nobody can find the sound in the
    rest: that counts as one whole file missing. So does a torn fragment, which cannot say how many more
    there were.
    """
    end, indexed, fragmented = 0, False, False
    for box in islice(_boxes(file, 0, size), _MOST_BOXES):
        if box.kind in (b"mdat", b"moof"):
            end = box.end
            fragmented |= box.kind == b"moof"
        elif box.kind in (b"moov", b"meta"):  # "meta": a picture (HEIC, AVIF)
            indexed = box.end <= size
    return 2 * size if not indexed or (fragmented and end > size) else end


def next_recording(file: BinaryIO, size: int) -> int | None:
    """Where another MP4 begins behind the first one, which was joined to it byte by byte."""
    indexed = sound = False
    for box in islice(_boxes(file, 0, size), _MOST_BOXES):
        if box.kind == b"ftyp" and indexed and sound:
            return box.start
        indexed |= box.kind == b"moov"
        sound |= box.kind == b"mdat"
    return None


def claims_impossible(file: BinaryIO, size: int) -> bool:
    """Whether the sample tables list more samples than the file has bytes: 1 KB can claim a billion."""
    file.seek(0)
    if not is_isobmff(file.read(8)):
        return False
    samples = 0
    for count, box in enumerate(_nested(file, 0, size)):
        if box.kind == b"trun":  # the samples of a fragment
            samples += _number(file, box.body + 4)
        elif box.kind == b"stbl":  # the samples of a track
            samples += _listed(file, box)
        if samples > size or count > _MOST_BOXES:
            return True
    return False


def _nested(file: BinaryIO, start: int, end: int, depth: int = 0) -> Iterator[Box]:
    """Every box on the way to the sample tables, those included; none ends behind its parent."""
    for box in _boxes(file, start, end):
        box = box._replace(end=min(box.end, end))
        yield box
        if box.kind in _PATH and depth < len(_PATH):
            yield from _nested(file, box.body, box.end, depth + 1)


def _listed(file: BinaryIO, table: Box) -> int:
    """Samples that a track's tables make FFmpeg index one by one."""
    sizes = runs = 0
    for box in islice(_boxes(file, table.body, table.end), _MOST_TABLES):
        if box.kind == b"stsz":
            sizes = max(sizes, _number(file, box.body + 8))
        elif box.kind in (b"stts", b"ctts"):
            counts = _run_lengths(file, box._replace(end=min(box.end, table.end)))
            if box.kind == b"stts" and len(counts) == 1 and _number(file, box.body + 12) == 1:
                return 0  # one run of duration 1: raw audio, a sample per instant, indexed by chunk
            runs = max(runs, int(counts.sum(dtype=np.int64)))
    return max(sizes, runs)


def _run_lengths(file: BinaryIO, box: Box) -> np.ndarray:
    """The counts of a run-length table (``stts``, ``ctts``): uint32 [runs]."""
    rows = _number(file, box.body + 4)
    file.seek(box.body + 8)
    data = file.read(max(0, min(rows * 8, box.end - box.body - 8)))
    return np.frombuffer(data, ">u4", len(data) // 8 * 2)[::2]


def _number(file: BinaryIO, at: int) -> int:
    file.seek(at)
    return int.from_bytes(file.read(4), "big")


def _boxes(file: BinaryIO, start: int, end: int) -> Iterator[Box]:
    """The boxes from ``start`` on, up to the first that is none (padding, junk) or passes ``end``."""
    while start + 8 <= end:
        file.seek(start)
        header = file.read(16)
        length, kind, body = int.from_bytes(header[:4], "big"), header[4:8], start + 8
        if length == 1 and len(header) == 16:
            length, body = int.from_bytes(header[8:], "big"), start + 16
        elif length == 0:  # the last box, however long it is
            length = end - start
        if length < body - start:
            return
        yield Box(kind, start, body, start + length)
        start += length
