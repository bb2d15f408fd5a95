"""What ``transcribe`` and ``compare`` do with files: check, load once, let no bad one stop the rest."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from specwhisper.cli.inputs import STANDARD_INPUT, called, located
from specwhisper.cli.requests import Request
from specwhisper.cli.turns import FAILED, Begin, Queue, Tally, at_once
from specwhisper.errors import AudioError, OptionError
from specwhisper.progress import OnProgress
from specwhisper.terminal import Stop, complain, note, progress_bar, stop_when_asked

if TYPE_CHECKING:
    from specwhisper.transcription.transcriber import Transcriber

_LOOK = 0.2  # seconds between two looks at the progress of files that are done together
_AHEAD = 64  # results that wait for that of a longer recording before them


def each_file(
    request: Request,
    work: Callable[[Transcriber, str, OnProgress, Stop], Any],
    done: Callable[[str, Any], None],
    failed: Callable[[str, str], None],
    begin: Begin = at_once,
    together: int = 1,
) -> int:
    """Load the pair once and do every file; a bad one is named and the rest go on.

    Args:
        work: makes a result of one file; it looks whether it is to stop.
        done: takes the result; in the order of the files, always in this thread.
        failed: told of each file that could not be done, and why.
        begin: asked before each file.
        together: files at a time, whose windows are decoded together.

    Returns:
        The exit status.

    Raises:
        OptionError: an option is wrong, found out before any model is loaded where that is possible.
        ModelError: the pair cannot be loaded.
        OSError: nothing more can be written.
        KeyboardInterrupt: it was stopped; what there was by then has been handed to ``done``.
    """
    transcriber = _ready(request, failed)
    if transcriber is None:
        return FAILED
    tally = Tally(failed)
    queue = Queue(request.files, begin, tally)

    def finish(file: str, result: Callable[[], Any]) -> None:
        with tally.of(file):
            made = result()
            for warning in made.warnings:
                complain(located(warning, file))
            done(file, made)

    with stop_when_asked() as stop:
        if together > 1:
            _side_by_side(
                queue, together, lambda file, tell: work(transcriber, file, tell, stop), finish, stop
            )
        else:
            while not stop.asked and (file := queue.take()) is not None:
                with progress_bar(_title(file)) as on_progress:
                    finish(file, partial(work, transcriber, file, on_progress, stop))
        if stop.asked:
            raise KeyboardInterrupt
    return tally.status


def _side_by_side(
    queue: Queue,
    together: int,
    work: Callable[[str, OnProgress], Any],
    finish: Callable[[str, Callable[[], Any]], None],
    stop: Stop,
) -> None:
    """Several files at a time, each in a thread; their results come out in the order of the files."""
    total, fractions = len(queue), dict[str, float]()
    running: list[tuple[str, Future[Any]]] = []

    def begin(file: str) -> Future[Any]:
        def tell(fraction: float, message: str) -> None:
            fractions[file] = fraction

        return threads.submit(work, file, tell)

    with ThreadPoolExecutor(together, "file") as threads, progress_bar(f"{total} files") as on_progress:
        while running or (queue and not stop.asked):
            working = [future for _, future in running if not future.done()]
            while not stop.asked and len(working) < together and len(running) < together + _AHEAD:
                file = queue.take(patiently=not running)
                if file is None:
                    break
                running.append((file, begin(file)))
                working.append(running[-1][1])
            wait(working, _LOOK, FIRST_COMPLETED)
            on_progress(sum(fractions.values()) / total, f"{total - len(queue) - len(working)} are done")
            while running and running[0][1].done():
                file, future = running.pop(0)
                fractions[file] = 1.0
                finish(file, future.result)


def _title(file: str) -> str:
    return called(file if file == STANDARD_INPUT else Path(file).name)


def _ready(request: Request, failed: Callable[[str, str], None]) -> Transcriber | None:
    """The pair, loaded; None when there is no file for it, which has been said."""
    from specwhisper.network.device import OLD_DRIVER, where_it_runs
    from specwhisper.transcription.loading import load

    _check_options(request)
    missing = [file for file in request.files if file != STANDARD_INPUT and not os.path.exists(file)]  # noqa: PTH110
    if len(missing) == len(request.files):
        _all_missing(missing, failed)  # no model need be loaded, let alone fetched, to say so
        return None
    if OLD_DRIVER in (where := where_it_runs(request.device)):
        note(where)  # there is a card that somebody expects to be used
    with progress_bar("loading", once=True) as on_progress:
        return load(request.pair, request.device, request.precision, on_progress=on_progress)


def _all_missing(files: Sequence[str], failed: Callable[[str, str], None]) -> None:
    from specwhisper.audio.decode import load_audio

    for file in files:
        try:
            load_audio(file)
        except AudioError as error:
            complain(located(str(error), file))
            failed(file, str(error))


def _check_options(request: Request) -> None:
    """What can be known to be wrong without a model: neither a download nor a minute should come first."""
    from specwhisper.audio.limits import check_track, resolve_max_seconds
    from specwhisper.decoding.lookahead import lookahead_from
    from specwhisper.vocabulary.languages import which_languages
    from specwhisper.weights.pairs import parse_pair

    lookahead_from(request.lookahead)
    check_track(request.reading.audio_track)
    resolve_max_seconds(request.reading.max_seconds)
    which_languages(request.language, request.languages)
    if request.pair is not None:
        pair = parse_pair(request.pair)
        if request.with_draft and pair.draft is None:
            raise OptionError(
                f"There is nothing to compare: {pair.name!r} has no draft; choose e.g. base+tiny."
            )
