"""What ``transcribe`` and ``compare`` do with files: check, load once, let no bad one stop the rest."""

from __future__ import annotations

import argparse
import os
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from specwhisper.errors import AudioError, OptionError, SpecWhisperError
from specwhisper.terminal import complain, progress_bar, shown

if TYPE_CHECKING:
    from specwhisper.transcription.transcriber import OnProgress, Transcriber

DONE, FAILED = 0, 1


def each_file(
    arguments: argparse.Namespace,
    work: Callable[[Transcriber, str, OnProgress], Any],
    done: Callable[[str, Any], None],
    failed: Callable[[str, str], None],
) -> int:
    """Load the pair once and do every file; a bad one is named and the rest go on.

    Args:
        work: makes a result of one file.
        done: takes the result; what it raises concerns the output and stops the run.
        failed: told of each file that could not be done, and why.

    Returns:
        The exit status.

    Raises:
        OptionError: an option is wrong, found out before any model is loaded where that is possible.
        ModelError: the pair cannot be loaded.
    """
    from specwhisper.transcription.loading import load

    _check_options(arguments)
    missing = [file for file in arguments.files if not os.path.lexists(file)]
    if len(missing) == len(arguments.files):
        return _all_missing(missing, failed)  # no model need be loaded, let alone fetched, to say so
    with progress_bar("loading") as on_progress:
        transcriber = load(arguments.pair, arguments.device, arguments.precision, on_progress=on_progress)
    status = DONE
    for file in arguments.files:
        try:
            with progress_bar(shown(Path(file).name)) as on_progress:
                result = work(transcriber, file, on_progress)
        except OptionError:
            raise
        except SpecWhisperError as error:
            # Complaints about audio name the file themselves.
            complain(str(error) if isinstance(error, AudioError) else f"{shown(file)}: {error}")
            failed(file, str(error))
            status = FAILED
        else:
            done(file, result)
    return status


def _all_missing(files: Sequence[str], failed: Callable[[str, str], None]) -> int:
    from specwhisper.audio.decode import load_audio

    for file in files:
        try:
            load_audio(file)
        except AudioError as error:
            complain(str(error))
            failed(file, str(error))
    return FAILED


def output_files(files: Sequence[str], folder: Path, suffix: str) -> dict[str, Path]:
    """A different output file for every input, in a folder that can be written.

    ``talk.txt``; where two inputs would share that name (on any file system: case does not count)
    ``talk.mp3.txt``; and where they would share that, too, ``talk.mp3-2.txt``.

    Raises:
        OptionError: the folder cannot be made or written, or an output would replace an input.
    """
    _check_folder(folder)
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


def _check_folder(folder: Path) -> None:
    """Find out now, and not after an hour of decoding."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = "it is a file" if folder.is_file() else error.strerror
        raise OptionError(
            f"--output-dir {shown(str(folder))} cannot be made ({reason}): choose another."
        ) from error
    if not os.access(folder, os.W_OK):
        raise OptionError(f"--output-dir {shown(str(folder))} cannot be written: choose another.")


def _check_options(arguments: argparse.Namespace) -> None:
    """What can be known to be wrong without a model: neither a download nor a minute should come first."""
    from specwhisper.audio.limits import resolve_max_seconds
    from specwhisper.decoding.lookahead import lookahead_from
    from specwhisper.models.pairs import parse_pair
    from specwhisper.vocabulary.languages import language_code

    lookahead_from(arguments.lookahead)
    resolve_max_seconds(arguments.max_seconds)
    if arguments.language is not None:
        language_code(arguments.language)
    if arguments.pair is not None:
        pair = parse_pair(arguments.pair)
        if arguments.command == "compare" and pair.draft is None:
            raise OptionError(
                f"There is nothing to compare: {pair.name!r} has no draft; choose e.g. base+tiny."
            )
