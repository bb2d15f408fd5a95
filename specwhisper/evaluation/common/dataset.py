"""Clips with reference texts, from a folder of manifests.

A ``manifest.jsonl`` holds one JSON object per line: ``audio`` (relative to the manifest), ``text`` and
``language``; whatever else it holds is left alone. A text may be empty, or null where there is no one
reference: such a clip counts for the times and not for the errors.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from specwhisper.audio.waveform import Waveform
from specwhisper.errors import OptionError
from specwhisper.json_lines import json_lines
from specwhisper.names import shown
from specwhisper.vocabulary.languages import language_code

MANIFEST = "manifest.jsonl"


@dataclass(frozen=True, slots=True)
class Clip:
    """One recording and what is said in it.

    Attributes:
        name: its path below the dataset folder, or its place in a set of the Hub.
        sound: a file, or its content.
        text: the reference, as it was written.
        language: Whisper's code; empty where it has to be detected.
    """

    name: str
    sound: Path | bytes
    text: str
    language: str


@dataclass(frozen=True, slots=True)
class LoadedClip:
    """A clip and its sound."""

    clip: Clip
    waveform: Waveform


def read_dataset(folder: Path) -> tuple[Clip, ...]:
    """Every clip of a dataset folder, in the order of its manifests.

    The folder's own manifest counts; where it has none, every manifest anywhere below it.

    Raises:
        OptionError: no folder, no manifest, no clip in it, or a line that says too little.
    """
    called = shown(str(folder))
    if not os.path.isdir(folder):  # noqa: PTH112 - Path's raises for some names
        raise OptionError(f"The dataset {called} is not a folder: name one that holds {MANIFEST}.")
    own = folder / MANIFEST
    manifests = [own] if own.is_file() else sorted(folder.rglob(MANIFEST))
    if not manifests:
        raise OptionError(f"There is no {MANIFEST} in {called} or below it: name a folder that has one.")
    clips = tuple(clip for manifest in manifests for clip in _clips(manifest, folder))
    if not clips:
        raise OptionError(f"The manifests of {called} name no clip: add lines with audio, text, language.")
    return clips


def spread(clips: Sequence[Clip], samples: int | None, seed: int = 0) -> tuple[Clip, ...]:
    """``samples`` clips spread evenly: the set is cut into as many equal stretches, and one drawn of each.

    Args:
        samples: None, or more than there are, takes all.
        seed: of the draw.

    Raises:
        OptionError: less than one sample.
    """
    if samples is not None and samples < 1:
        raise OptionError(f"{samples} samples cannot be measured: take 1 or more.")
    if samples is None or samples >= len(clips):
        return tuple(clips)
    draw = random.Random(seed)
    cuts = [index * len(clips) // samples for index in range(samples + 1)]
    return tuple(clips[draw.randrange(start, end)] for start, end in pairwise(cuts))


def _clips(manifest: Path, folder: Path) -> list[Clip]:
    try:
        lines = json_lines(manifest.read_bytes())
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else f"it is not UTF-8: {error.reason}"
        raise OptionError(
            f"{shown(str(manifest))} cannot be read ({reason}): mend it or name another dataset."
        ) from error
    return [
        _clip(line, manifest, number, folder) for number, line in enumerate(lines, start=1) if line.strip()
    ]


def _clip(line: str, manifest: Path, number: int, folder: Path) -> Clip:
    where = f"{shown(str(manifest))}, line {number}"
    try:
        entry: Any = json.loads(line)
    except json.JSONDecodeError as error:
        raise OptionError(f"{where} is not JSON ({error.msg}): mend it.") from error
    for key in ("audio", "text", "language"):
        value = entry.get(key) if isinstance(entry, dict) else None
        if key == "text" and value is None and isinstance(entry, dict) and key in entry:
            continue
        if not isinstance(value, str) or not (value.strip() or key == "text"):
            raise OptionError(f"{where} has no {key!r}: each line needs audio, text and language.")
    path = manifest.parent / entry["audio"]
    if not os.path.isfile(path):  # noqa: PTH113 - as above
        raise OptionError(f"{where} names {shown(str(path))}, which does not exist: mend the manifest.")
    try:
        language = language_code(entry["language"])
    except OptionError as error:
        raise OptionError(f"{where}: {error}") from error
    return Clip(_short(path, folder), path, entry["text"] or "", language)


def _short(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.name
