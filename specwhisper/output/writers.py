"""Transcripts as files: plain text, subtitles, tables and JSON."""

from __future__ import annotations

import html
import json
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from specwhisper.output.cues import Cue, Layout, cues_of, plain, stamp
from specwhisper.results import Transcript

_AS_IS = Layout()


def to_txt(transcript: Transcript, layout: Layout = _AS_IS) -> str:
    """The text, one segment per line."""
    return "".join(f"{segment.text.strip()}\n" for segment in transcript.segments)


def to_srt(transcript: Transcript, layout: Layout = _AS_IS) -> str:
    """SubRip: numbered cues."""
    return "".join(
        f"{number}\n{stamp(cue.start, ',')} --> {stamp(cue.end, ',')}\n{plain(chr(10).join(cue.lines))}\n\n"
        for number, cue in enumerate(cues_of(transcript, layout), 1)
    )


def to_vtt(transcript: Transcript, layout: Layout = _AS_IS) -> str:
    """WebVTT; words whose times are known light up one after the other (W3C WebVTT, section 4.2.2)."""
    cues = "".join(
        f"{stamp(cue.start, '.')} --> {stamp(cue.end, '.')}\n{_marked(cue)}\n\n"
        for cue in cues_of(transcript, layout)
    )
    return f"WEBVTT\n\n{cues}"


def to_tsv(transcript: Transcript, layout: Layout = _AS_IS) -> str:
    """A table: start and end in milliseconds, and text."""
    rows = (
        f"{cue.start}\t{cue.end}\t{' '.join(' '.join(cue.lines).split())}\n"
        for cue in cues_of(transcript, layout)
    )
    return "start\tend\ttext\n" + "".join(rows)


def to_json(data: dict[str, Any] | list[Any]) -> str:
    """Readable JSON in UTF-8."""
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


WRITERS: dict[str, Callable[[Transcript, Layout], str]] = {
    "txt": to_txt,
    "srt": to_srt,
    "vtt": to_vtt,
    "tsv": to_tsv,
    "json": lambda transcript, layout: to_json(transcript.to_dict()),
}

WITHOUT_LINES = ("txt", "json")
"""Those that a layout changes nothing in."""


def write_file(path: Path, content: str) -> None:
    """Write whole or not at all: a stopped run never leaves half a transcript that looks finished.

    What UTF-8 cannot say (bytes of a file's name that are not UTF-8) is written as an escape, which JSON
    reads back.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(content)
        with suppress(OSError):  # some network drives know no permissions
            Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _marked(cue: Cue) -> str:
    """A cue's lines, its words with the moment they are said."""
    if not cue.words:
        return html.escape(plain("\n".join(cue.lines)), quote=False)
    waiting, latest = list(cue.words), cue.start
    lines = []
    for line in cue.lines:
        left = len("".join(line.split()))
        marked = []
        while waiting and left > 0:
            word = waiting.pop(0)
            left -= len("".join(word.text.split()))
            at = round(1000 * word.start)
            text = html.escape(plain(word.text), quote=False)
            if latest < at < cue.end:  # a moment inside the cue, and later than the one before it
                text, latest = f"<{stamp(at, '.')}><c>{text}</c>", at
            marked.append(text)
        lines.append("".join(marked).strip())
    return "\n".join(lines)
