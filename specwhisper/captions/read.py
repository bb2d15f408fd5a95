"""Reading captions: SubRip, WebVTT, tables, JSON as speech recognisers write it, and plain text.

What a file is, its content says; its name is not asked.
"""

from __future__ import annotations

import html
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from specwhisper.captions.captions import Captions, Cue
from specwhisper.errors import OptionError
from specwhisper.names import shown

ENDINGS = (".srt", ".vtt", ".json", ".tsv", ".txt")
"""Of files that people have, those with times first; what is in them is not told by these."""

MOST_BYTES = 20_000_000
"""Of a file; the subtitles of a day of speech have less."""

_STAMP = r"((?:\d+:)?\d{1,2}:\d{2}[.,]\d{1,3})"
_TIMES = re.compile(rf"^\s*{_STAMP}\s*-->\s*{_STAMP}", re.MULTILINE)
_TAG = re.compile(r"<[^<>\n]*>|\{\\[^{}\n]*\}")
_TABLE = re.compile(r"^start\tend\ttext\r?$", re.MULTILINE)


def read_captions(source: str | os.PathLike[str] | bytes) -> Captions:
    """Captions, or a text, from a file, its bytes, or the text itself.

    Args:
        source: a path; bytes; or a ``str``, which is the content and no file name.

    Raises:
        OptionError: it cannot be read, or holds no words.
    """
    if isinstance(source, str):
        return parse_captions(source)
    if isinstance(source, bytes):
        return parse_captions(_decoded(source, "The text"))
    path = Path(source)
    name = shown(path.name)
    try:
        if path.stat().st_size > MOST_BYTES:
            raise _too_large(name)
        return parse_captions(_decoded(path.read_bytes(), name), name)
    except OSError as error:
        raise OptionError(f"The text {name} cannot be read ({error.strerror}): check its name.") from error


def parse_captions(content: str, name: str = "The text") -> Captions:
    """The same from the content of a file.

    Args:
        name: what it is called in a complaint.

    Raises:
        OptionError: as :func:`read_captions`.
    """
    if len(content) > MOST_BYTES:
        raise OptionError(f"{name} is too long: choose one below {MOST_BYTES:,} characters.")
    content = content.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    begins = content.lstrip()
    if begins.startswith(("{", "[")) and (found := _from_json(content)) is not None:
        captions = found
    elif begins.startswith("WEBVTT"):
        captions = Captions("vtt", content, tuple(_blocks(content)))
    elif _TIMES.search(content):
        captions = Captions("srt", content, tuple(_blocks(content)))
    elif _TABLE.match(begins):
        captions = Captions("tsv", content, tuple(_rows(content)))
    else:
        captions = Captions("txt", content, tuple(_lines(content)))
    if not captions.cues:
        raise OptionError(f"{name} holds no words: choose a text file, or captions as srt, vtt, tsv or json.")
    return captions


def _too_large(name: str) -> OptionError:
    return OptionError(f"{name} is too large to be captions: choose a file below {MOST_BYTES:,} bytes.")


def _decoded(raw: bytes, name: str) -> str:
    if len(raw) > MOST_BYTES:
        raise _too_large(name)
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", errors="replace")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="replace")
    if text.count("\0") > len(text) // 100:
        raise OptionError(f"{name} is no text: choose a text file, or captions as srt, vtt, tsv or json.")
    return text


def _blocks(content: str) -> Iterator[Cue]:
    """The cues of SubRip and WebVTT: a line with two times, then text up to an empty line."""
    times = [*_TIMES.finditer(content)]
    for index, match in enumerate(times):
        start = content.find("\n", match.end())
        if start < 0:
            return
        start += 1
        limit = times[index + 1].start() if index + 1 < len(times) else len(content)
        blank = re.search(r"^[ \t]*$", content[start:limit], re.MULTILINE)
        end = start + blank.start() if blank else limit
        payload = content[start:end].rstrip("\n")
        text = plain_text(payload)
        if text:
            yield Cue(text, _seconds(match[1]), _seconds(match[2]), (start, start + len(payload)))


def _rows(content: str) -> Iterator[Cue]:
    """The rows of a table with milliseconds."""
    at = 0
    for line in content.splitlines(keepends=True):
        parts = line.rstrip("\n").split("\t", 2)
        if len(parts) == 3 and parts[0].isdigit() and parts[1].isdigit() and parts[2].strip():
            begins = at + len(parts[0]) + len(parts[1]) + 2
            times = int(parts[0]) / 1000, int(parts[1]) / 1000
            yield Cue(" ".join(parts[2].split()), *times, (begins, begins + len(parts[2])))
        at += len(line)


def _lines(content: str) -> Iterator[Cue]:
    at = 0
    for line in content.splitlines(keepends=True):
        text = line.strip()
        if text:
            begins = at + line.index(text)
            yield Cue(" ".join(text.split()), place=(begins, begins + len(text)))
        at += len(line)


def _from_json(content: str) -> Captions | None:
    """Segments, or a text; None where it is no JSON, or nothing that speech recognisers write."""
    try:
        data = json.loads(content)
    except (ValueError, RecursionError):
        return None
    segments = segments_of(data)
    if segments is None:
        whole = data.get("text") if isinstance(data, dict) else None
        if not isinstance(whole, str):
            return None
        return Captions("json", content, (Cue(" ".join(whole.split())),) if whole.strip() else ())
    cues = []
    for number, segment in enumerate(segments):
        text = " ".join(str(segment["text"]).split())
        if text:
            cues.append(
                Cue(text, _number(segment.get("start")), _number(segment.get("end")), (number, number))
            )
    return Captions("json", content, tuple(cues))


def segments_of(data: Any) -> list[dict[str, Any]] | None:
    """The list of segments in JSON; None where there is none."""
    found = data.get("segments") if isinstance(data, dict) else data
    if not isinstance(found, list) or not found:
        return None
    return (
        found if all(isinstance(each, dict) and isinstance(each.get("text"), str) for each in found) else None
    )


def _number(value: Any) -> float | None:
    sane = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e7
    return float(value) if sane else None


def plain_text(payload: str) -> str:
    """A cue's words in one line, without tags and escapes."""
    return " ".join(html.unescape(_TAG.sub("", payload)).split())


def _seconds(stamp: str) -> float:
    *hours, minutes, seconds = stamp.replace(",", ".").split(":")
    return (int(hours[0]) * 3600 if hours else 0) + int(minutes) * 60 + float(seconds)
