"""What ``transcribe`` and ``compare`` do with files: check, load once, let no bad one stop the rest.

One after the other (:func:`each_file`), or in groups that are decoded together (:func:`each_group`).
"""

from __future__ import annotations

import argparse
import os
from collections import Counter, deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from specwhisper.errors import AudioError, OptionError, SpecWhisperError
from specwhisper.terminal import complain, progress_bar, shown

if TYPE_CHECKING:
    from specwhisper.audio.waveform import Waveform
    from specwhisper.transcription.transcriber import OnProgress, Transcriber

DONE, FAILED = 0, 1
TURNS = 4  # windows per row of a batch that a group holds: few rows idle at its end, little is in memory


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
    transcriber = _ready(arguments, failed)
    if transcriber is None:
        return FAILED
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


def each_group(
    arguments: argparse.Namespace,
    work: Callable[[Transcriber, list[Waveform], OnProgress], Sequence[Any]],
    done: Callable[[str, Any], None],
    failed: Callable[[str, str], None],
) -> int:
    """The same for files that are decoded together: as many at a time as keep ``--batch-size`` rows busy.

    One group is in memory at a time. Its results come out, in the order of the files, when it is finished.

    Args:
        work: makes the results of those recordings of a group that can be heard.
        done, failed: as :func:`each_file`.

    Returns, raises:
        As :func:`each_file`.
    """
    transcriber = _ready(arguments, failed)
    if transcriber is None:
        return FAILED
    status, waiting = DONE, deque(arguments.files)
    while waiting:
        status = max(status, _one_group(arguments, transcriber, waiting, work, done, failed))
    return status


def _one_group(
    arguments: argparse.Namespace,
    transcriber: Transcriber,
    waiting: deque[str],
    work: Callable[[Transcriber, list[Waveform], OnProgress], Sequence[Any]],
    done: Callable[[str, Any], None],
    failed: Callable[[str, str], None],
) -> int:
    """Take the next group off the files that wait, and do it."""
    total, before = len(arguments.files), len(arguments.files) - len(waiting)
    with progress_bar(f"{total} files" if total > 1 else shown(Path(waiting[0]).name)) as on_progress:

        def report(fraction: float, message: str) -> None:
            on_progress((before + fraction * len(group)) / total, message)

        group = _hear_group(arguments, waiting, lambda message: on_progress(before / total, message))
        sounds = [sound for _, sound in group if not isinstance(sound, AudioError)]
        results = iter(work(transcriber, sounds, report) if sounds else ())
    status = DONE
    for file, sound in group:
        if isinstance(sound, AudioError):
            complain(str(sound))
            failed(file, str(sound))
            status = FAILED
        else:
            done(file, next(results))
    return status


def _hear_group(
    arguments: argparse.Namespace, waiting: deque[str], report: Callable[[str], None]
) -> list[tuple[str, Waveform | AudioError]]:
    """The next files and what is heard in them, or why nothing is."""
    from specwhisper.audio.decode import load_audio
    from specwhisper.audio.windows import WINDOW_SECONDS

    group: list[tuple[str, Waveform | AudioError]] = []
    room: float = TURNS * arguments.batch_size
    while waiting and room > 0:
        file = waiting.popleft()
        report(f"reading {shown(Path(file).name)}")
        try:
            sound = load_audio(file, max_seconds=arguments.max_seconds)
        except AudioError as error:
            group.append((file, error))
        else:
            group.append((file, sound))
            room -= max(1.0, sound.seconds / WINDOW_SECONDS)
    return group


def _ready(arguments: argparse.Namespace, failed: Callable[[str, str], None]) -> Transcriber | None:
    """The pair, loaded; None when there is no file for it, which has been said."""
    from specwhisper.transcription.loading import load

    _check_options(arguments)
    missing = [file for file in arguments.files if not os.path.lexists(file)]
    if len(missing) == len(arguments.files):
        _all_missing(missing, failed)  # no model need be loaded, let alone fetched, to say so
        return None
    with progress_bar("loading") as on_progress:
        return load(arguments.pair, arguments.device, arguments.precision, on_progress=on_progress)


def _all_missing(files: Sequence[str], failed: Callable[[str, str], None]) -> None:
    from specwhisper.audio.decode import load_audio

    for file in files:
        try:
            load_audio(file)
        except AudioError as error:
            complain(str(error))
            failed(file, str(error))


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
