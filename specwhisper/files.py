"""What ``transcribe`` and ``compare`` do with files: check, load once, let no bad one stop the rest.

One after the other (:func:`each_file`), or in groups that are decoded together (:func:`each_group`).
"""

from __future__ import annotations

import argparse
import os
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from specwhisper.errors import AudioError, OptionError, SpecWhisperError
from specwhisper.progress import OnProgress
from specwhisper.terminal import complain, progress_bar, shown

if TYPE_CHECKING:
    from specwhisper.audio.waveform import Waveform
    from specwhisper.transcription.transcriber import Transcriber

DONE, FAILED = 0, 1
# fmt: off
RECORDINGS = frozenset((
    ".wav", ".flac", ".mp3", ".m4a", ".m4b", ".aac", ".ogg", ".oga", ".opus", ".wma", ".aiff", ".aif",
    ".aifc", ".au", ".caf", ".amr", ".ac3", ".mka", ".w64", ".mp4", ".m4v", ".mkv", ".mov", ".webm", ".avi",
    ".wmv", ".flv", ".mpg", ".mpeg", ".ts", ".3gp",
))
# fmt: on
"""Endings by which a folder's recordings are told from its other files; a file that is named may have any."""
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
            warn(result)
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
            result = next(results)
            warn(result)
            done(file, result)
    return status


def warn(result: Any) -> None:
    """Say what was not as it should be with a recording that was done all the same."""
    for warning in result.warnings:
        complain(warning)


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
            sound = load_audio(
                file,
                max_seconds=arguments.max_seconds,
                audio_track=arguments.audio_track,
                strict=arguments.strict,
            )
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


def expand(files: Sequence[str]) -> list[str]:
    """The files, each once, and in the place of a folder every recording in it and below, by name.

    Raises:
        OptionError: a folder holds none.
    """
    found: list[str] = []
    for file in files:
        if not Path(file).is_dir():
            found.append(file)
            continue
        inside = sorted(
            str(path)
            for path in Path(file).rglob("*")
            if path.suffix.lower() in RECORDINGS and path.is_file()
        )
        if not inside:
            raise OptionError(f"The folder {shown(file)} holds no audio or video: name another, or files.")
        found += inside
    return list({Path(file).absolute(): file for file in reversed(found)}.values())[::-1]


def _check_options(arguments: argparse.Namespace) -> None:
    """What can be known to be wrong without a model: neither a download nor a minute should come first."""
    from specwhisper.audio.limits import check_track, resolve_max_seconds
    from specwhisper.decoding.lookahead import lookahead_from
    from specwhisper.models.pairs import parse_pair
    from specwhisper.vocabulary.languages import language_code

    lookahead_from(arguments.lookahead)
    check_track(arguments.audio_track)
    resolve_max_seconds(arguments.max_seconds)
    if arguments.language is not None:
        language_code(arguments.language)
    if arguments.pair is not None:
        pair = parse_pair(arguments.pair)
        if arguments.command == "compare" and pair.draft is None:
            raise OptionError(
                f"There is nothing to compare: {pair.name!r} has no draft; choose e.g. base+tiny."
            )
