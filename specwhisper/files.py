"""What ``transcribe`` and ``compare`` do with files: check, load once, let no bad one stop the rest.

One after the other (:func:`each_file`), or in groups that are decoded together (:func:`each_group`).
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from specwhisper.errors import AudioError, OptionError
from specwhisper.inputs import STANDARD_INPUT, called, sound_of
from specwhisper.progress import OnProgress
from specwhisper.terminal import complain, progress_bar
from specwhisper.turns import FAILED, Begin, Queue, Tally, at_once

if TYPE_CHECKING:
    from specwhisper.audio.waveform import Waveform
    from specwhisper.transcription.transcriber import Transcriber

TURNS = 4  # windows per row of a batch that a group holds: few rows idle at its end, little is in memory


def each_file(
    arguments: argparse.Namespace,
    work: Callable[[Transcriber, str, OnProgress], Any],
    done: Callable[[str, Any], None],
    failed: Callable[[str, str], None],
    begin: Begin = at_once,
) -> int:
    """Load the pair once and do every file; a bad one is named and the rest go on.

    Args:
        work: makes a result of one file.
        done: takes the result.
        failed: told of each file that could not be done, and why.
        begin: asked before each file.

    Returns:
        The exit status.

    Raises:
        OptionError: an option is wrong, found out before any model is loaded where that is possible.
        ModelError: the pair cannot be loaded.
        OSError: nothing more can be written.
    """
    transcriber = _ready(arguments, failed)
    if transcriber is None:
        return FAILED
    tally = Tally(failed)
    queue = Queue(arguments.files, begin, tally)
    while (file := queue.take()) is not None:
        with tally.of(file):
            with progress_bar(_title(file)) as on_progress:
                result = work(transcriber, file, on_progress)
            warn(result)
            done(file, result)
    return tally.status


def each_group(
    arguments: argparse.Namespace,
    work: Callable[[Transcriber, list[Waveform], OnProgress], Sequence[Any]],
    done: Callable[[str, Any], None],
    failed: Callable[[str, str], None],
    begin: Begin = at_once,
) -> int:
    """The same for files that are decoded together: as many at a time as keep ``--batch-size`` rows busy.

    One group is in memory at a time. Its results come out, in the order of the files, when it is finished.

    Args:
        work: makes the results of those recordings of a group that can be heard.
        done, failed, begin: as :func:`each_file`.

    Returns, raises:
        As :func:`each_file`.
    """
    transcriber = _ready(arguments, failed)
    if transcriber is None:
        return FAILED
    tally = Tally(failed)
    queue = Queue(arguments.files, begin, tally)
    while queue:
        _one_group(arguments, transcriber, queue, tally, work, done)
    return tally.status


def _one_group(
    arguments: argparse.Namespace,
    transcriber: Transcriber,
    queue: Queue,
    tally: Tally,
    work: Callable[[Transcriber, list[Waveform], OnProgress], Sequence[Any]],
    done: Callable[[str, Any], None],
) -> None:
    """Take the next group off the files that wait, and do it."""
    total, before = len(arguments.files), len(arguments.files) - len(queue)
    with progress_bar(f"{total} files" if total > 1 else _title(queue.first())) as on_progress:

        def report(fraction: float, message: str) -> None:
            on_progress((before + fraction * len(group)) / total, message)

        group = _hear_group(arguments, queue, lambda message: on_progress(before / total, message))
        sounds = [sound for _, sound in group if not isinstance(sound, AudioError)]
        results = iter(work(transcriber, sounds, report) if sounds else ())
    for file, sound in group:
        with tally.of(file):
            if isinstance(sound, AudioError):
                raise sound
            result = next(results)
            warn(result)
            done(file, result)


def warn(result: Any) -> None:
    """Say what was not as it should be with a recording that was done all the same."""
    for warning in result.warnings:
        complain(warning)


def _hear_group(
    arguments: argparse.Namespace, queue: Queue, report: Callable[[str], None]
) -> list[tuple[str, Waveform | AudioError]]:
    """The next files and what is heard in them, or why nothing is."""
    from specwhisper.audio.decode import load_audio
    from specwhisper.audio.windows import WINDOW_SECONDS

    group: list[tuple[str, Waveform | AudioError]] = []
    room: float = TURNS * arguments.batch_size
    while room > 0 and (file := queue.take(patiently=not group)) is not None:
        report(f"reading {_title(file)}")
        try:
            sound = load_audio(
                sound_of(file),
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


def _title(file: str) -> str:
    return called(file if file == STANDARD_INPUT else Path(file).name)


def _ready(arguments: argparse.Namespace, failed: Callable[[str, str], None]) -> Transcriber | None:
    """The pair, loaded; None when there is no file for it, which has been said."""
    from specwhisper.transcription.loading import load

    _check_options(arguments)
    missing = [file for file in arguments.files if file != STANDARD_INPUT and not os.path.lexists(file)]
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


def _check_options(arguments: argparse.Namespace) -> None:
    """What can be known to be wrong without a model: neither a download nor a minute should come first."""
    from specwhisper.audio.limits import check_track, resolve_max_seconds
    from specwhisper.decoding.lookahead import lookahead_from
    from specwhisper.models.pairs import parse_pair
    from specwhisper.vocabulary.languages import which_languages

    lookahead_from(arguments.lookahead)
    check_track(arguments.audio_track)
    resolve_max_seconds(arguments.max_seconds)
    which_languages(arguments.language, arguments.languages)
    if arguments.pair is not None:
        pair = parse_pair(arguments.pair)
        if arguments.command == "compare" and pair.draft is None:
            raise OptionError(
                f"There is nothing to compare: {pair.name!r} has no draft; choose e.g. base+tiny."
            )
