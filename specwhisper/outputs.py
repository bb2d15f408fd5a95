"""Where results of ``transcribe`` go: which file for which input, what is there already, what was begun."""

from __future__ import annotations

import argparse
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from specwhisper.errors import OptionError
from specwhisper.terminal import note, shown

if TYPE_CHECKING:
    from specwhisper.output.cues import Layout
    from specwhisper.results import Transcript


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
        self._targets = {form: output_files(arguments.files, arguments.output_dir, form) for form in forms}

    def unfinished(self, files: Sequence[str]) -> list[str]:
        """Those whose results are not there yet; the others are named."""
        left = []
        for file in dict.fromkeys(files):
            if not self._overwrite and all(targets[file].exists() for targets in self._targets.values()):
                note(f"{shown(file)}: already done (--overwrite does it again)")
            else:
                left.append(file)
        return left

    def journal(self, file: str) -> Path:
        """Where the finished part of a recording is kept while it is being written down."""
        target = next(iter(self._targets.values()))[file]
        return target.with_name(f".{target.stem}.journal")

    def write(self, file: str, transcript: Transcript, *, partial: bool = False) -> None:
        """Write every kind; ``partial`` ones have another name and wait for the rest."""
        from specwhisper.output.writers import WRITERS, write_file

        for form, targets in self._targets.items():
            target = targets[file]
            begun = target.with_name(f"{target.stem}.partial.{form}")
            write_file(begun if partial else target, WRITERS[form](transcript, self._layout))
            if not partial:
                begun.unlink(missing_ok=True)
            said = "stopped; what there is: " if partial else ""
            note(f"{shown(file)} -> {said}{begun if partial else target}")
        if not partial:
            self.journal(file).unlink(missing_ok=True)


def output_files(files: Sequence[str], folder: Path, suffix: str) -> dict[str, Path]:
    """A different output file for every input, in a folder that can be written.

    ``talk.txt``; where two inputs would share that name (on any file system: case does not count)
    ``talk.mp3.txt``; and where they would share that, too, ``talk.mp3-2.txt``.

    Raises:
        OptionError: the folder cannot be made or written, or an output would replace an input.
    """
    check_folder(folder)
    stems = Counter(Path(file).stem.casefold() for file in files)
    taken: set[str] = set()
    targets: dict[str, Path] = {}
    for file in dict.fromkeys(files):
        path = Path(file)
        name = path.stem if stems[path.stem.casefold()] == 1 else path.name
        candidate, count = name, 1
        while candidate.casefold() in taken:
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
