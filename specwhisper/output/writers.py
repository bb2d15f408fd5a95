"""Transcripts as files: plain text and JSON."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from specwhisper.results import Transcript


def to_txt(transcript: Transcript) -> str:
    """The text, one segment per line."""
    return "".join(f"{segment.text.strip()}\n" for segment in transcript.segments)


def to_json(data: dict[str, Any] | list[Any]) -> str:
    """Readable JSON in UTF-8."""
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


WRITERS: dict[str, Callable[[Transcript], str]] = {
    "txt": to_txt,
    "json": lambda transcript: to_json(transcript.to_dict()),
}


def write_file(path: Path, content: str) -> None:
    """Write whole or not at all: a stopped run never leaves half a transcript that looks finished."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(content)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
