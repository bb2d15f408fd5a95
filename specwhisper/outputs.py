"""Where results of ``transcribe`` go: which file for which input, what is there already, what was begun."""

from __future__ import annotations

import argparse
import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from specwhisper.errors import OptionError
from specwhisper.terminal import note, shown

if TYPE_CHECKING:
    from specwhisper.output.cues import Layout
    from specwhisper.results import Transcript


INDEX = ".specwhisper.json"
"""Which recording each result came from, so that another one of the same name is not taken for done."""

_LONGEST = 180  # bytes of a result's name without its ending: most file systems take 255 in all


class Outputs:
    """The files of one run, in ``--output-dir``.

    Args:
        arguments: of the command.
        forms: kinds of files, each an ending.
        layout: of subtitles.

    Raises:
        OptionError: the folder cannot be made or written, or an output would replace an input.
    """

    def __init__(self, arguments: argparse.Namespace, forms: Sequence[str], layout: Layout) -> None:
        self._overwrite = arguments.overwrite
        self._layout = layout
        self._index = arguments.output_dir / INDEX
        self._owners = _read_index(self._index)
        self._targets = {
            form: output_files(arguments.files, arguments.output_dir, form, self._owners) for form in forms
        }

    def unfinished(self, files: Sequence[str]) -> list[str]:
        """Those whose results are not there yet; the others are named."""
        left = []
        for file in files:
            targets = [targets[file] for targets in self._targets.values()]
            mine = self._owners.get(targets[0].stem) == str(Path(file).absolute())
            if mine and not self._overwrite and all(target.exists() for target in targets):
                note(f"{shown(file)}: already done (--overwrite does it again)")
            else:
                left.append(file)
        return left

    def journal(self, file: str) -> Path | None:
        """Where the finished part of a recording is kept meanwhile; None where something is in the way."""
        target = next(iter(self._targets.values()))[file]
        path = target.with_name(f".{target.stem}.journal")
        return None if path.is_dir() else path

    def write(self, file: str, transcript: Transcript, *, partial: bool = False) -> None:
        """Write every kind; ``partial`` ones have another name and wait for the rest."""
        from specwhisper.output.writers import WRITERS, to_json, write_file

        for form, targets in self._targets.items():
            target = targets[file]
            begun = target.with_name(f"{target.name}.partial")
            write_file(begun if partial else target, WRITERS[form](transcript, self._layout))
            said = "stopped; what there is: " if partial else ""
            note(f"{shown(file)} -> {said}{shown(str(begun if partial else target))}")
        if partial:
            return
        self._owners[target.stem] = str(Path(file).absolute())
        write_file(self._index, to_json(self._owners))
        over = [target.with_name(f"{target.stem}.{form}.partial") for form in WRITERS]
        for begun in (*over, target.with_name(f".{target.stem}.journal")):
            if begun.is_file():
                begun.unlink()


def _read_index(path: Path) -> dict[str, str]:
    try:
        read = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(stem): str(owner) for stem, owner in read.items()} if isinstance(read, dict) else {}


def output_files(
    files: Sequence[str], folder: Path, suffix: str, owners: Mapping[str, str] | None = None
) -> dict[str, Path]:
    """A different output file for every input, in a folder that can be written.

    ``talk.txt``; where two inputs would share that name (on any file system: case does not count), or it is
    another recording's already, ``talk.mp3.txt``; and where they would share that, too, ``talk.mp3-2.txt``.

    Args:
        owners: name without ending -> the recording it belongs to since an earlier run.

    Raises:
        OptionError: the folder cannot be made or written, or an output would replace an input.
    """
    check_folder(folder)
    owners = owners or {}
    names = {owner: stem for stem, owner in owners.items()}
    owned = {stem.casefold() for stem in owners}
    stems = Counter(Path(file).stem.casefold() for file in files)
    taken: set[str] = set()
    targets: dict[str, Path] = {}
    for file in dict.fromkeys(files):
        path = Path(file)
        candidate = names.get(str(path.absolute()), "")
        if not candidate:
            single = stems[path.stem.casefold()] == 1 and path.stem.casefold() not in owned
            name = _shortened(path.stem if single else path.name)
            candidate, count = name, 1
            while candidate.casefold() in taken | owned:
                count += 1
                candidate = f"{name}-{count}"
        taken.add(candidate.casefold())
        targets[file] = folder / f"{candidate}.{suffix}"
    inputs = {Path(file).resolve() for file in files}
    for target in targets.values():
        if target.resolve() in inputs or target.is_dir():
            what = "a folder" if target.is_dir() else "one of the inputs"
            raise OptionError(f"The output {shown(str(target))} is {what}: choose another --output-dir.")
    return targets


def _shortened(name: str) -> str:
    """At most so much of a name as leaves room for an ending."""
    raw = os.fsencode(name)
    return name if len(raw) <= _LONGEST else raw[:_LONGEST].decode("utf-8", errors="ignore")


def check_folder(folder: Path) -> None:
    """Find out now, and not after an hour of work, whether results can be written.

    Raises:
        OptionError: they cannot.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = "it is a file" if folder.is_file() else error.strerror
        raise OptionError(
            f"--output-dir {shown(str(folder))} cannot be made ({reason}): choose another."
        ) from error
    if not os.access(folder, os.W_OK):
        raise OptionError(f"--output-dir {shown(str(folder))} cannot be written: choose another.")
