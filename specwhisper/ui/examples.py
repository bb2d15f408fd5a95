"""The example clips: what the folder's manifest lists, as plain data."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from specwhisper.json_lines import json_lines


@dataclass(frozen=True, slots=True)
class Example:
    """A clip to try.

    Attributes:
        title: short, for a button.
        language: Whisper code; empty when the manifest does not say.
    """

    audio: Path
    title: str
    language: str = ""
    text: str = ""


def find_examples(folder: Path, limit: int = 6) -> tuple[Example, ...]:
    """The clips of ``folder/manifest.jsonl`` (``audio``, ``text``, ``language``, optionally ``title``).

    A folder that is missing, or lines whose file is missing, give fewer examples and no error: the app
    is complete without them.
    """
    manifest = folder / "manifest.jsonl"
    if not manifest.is_file():
        return ()
    lines = [json.loads(line) for line in json_lines(manifest.read_bytes()) if line.strip()]
    found = [
        Example(
            folder / line["audio"],
            line.get("title") or Path(line["audio"]).stem.replace("_", " ").replace("-", " ").capitalize(),
            line.get("language", ""),
            line.get("text", ""),
        )
        for line in lines
    ]
    return tuple(example for example in found if example.audio.is_file())[:limit]
