"""What a person at a terminal sees beside the results: complaints and progress, on standard error."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from specwhisper.names import legible, shown
from specwhisper.progress import OnProgress, StopTranscribing

TITLE = 60  # characters of a progress bar's title
PATIENCE, BETWEEN = 4.0, 60.0  # seconds before the first line of progress, and between two
STOPPING = b"\nspecwhisper: stopping, what is finished is kept (Ctrl-C again stops at once)\n"
LONGEST = 2000  # characters of a complaint: whatever it quotes, a person has to read it


def complain(message: str) -> None:
    """One line that says what is wrong and what to do."""
    _say(f"specwhisper: {shown(message, LONGEST)}")


def note(message: str) -> None:
    """Something worth knowing that is no result."""
    _say(legible(message))


def _say(line: str) -> None:
    if sys.stderr is not None:  # where it is closed, print() would take standard output
        print(line, file=sys.stderr)


@contextmanager
def progress_bar(title: str, *, once: bool = False) -> Iterator[OnProgress]:
    """A bar that appears only on a terminal, and only when something takes time.

    Args:
        once: what is done once and may take minutes: where there is no terminal, lines tell of it instead.
    """
    from tqdm import tqdm

    title = shown(title, TITLE)
    if once and not (sys.stderr and sys.stderr.isatty()):
        with _progress_lines(title) as on_progress:
            yield on_progress
        return
    with tqdm(
        total=1.0,
        desc=title,
        leave=False,
        disable=None,
        delay=0.3,
        bar_format="{desc}: {percentage:3.0f}% |{bar}|",
    ) as bar:

        def on_progress(fraction: float, message: str) -> None:
            bar.set_description_str(f"{title}: {message}", refresh=False)
            bar.n = min(max(fraction, 0.0), 1.0)
            bar.refresh()

        yield on_progress


@contextmanager
def _progress_lines(title: str) -> Iterator[OnProgress]:
    """What is being done, after :data:`PATIENCE` seconds and then every minute, if it is something else."""
    latest, done = "", threading.Event()

    def on_progress(fraction: float, message: str) -> None:
        nonlocal latest
        latest = message

    def tell() -> None:
        told, pause = "", PATIENCE
        while not done.wait(pause):
            if latest != told:
                note(f"{title}: {latest}")
                told, pause = latest, BETWEEN

    thread = threading.Thread(target=tell, name="progress", daemon=True)
    thread.start()
    try:
        yield on_progress
    finally:
        done.set()
        thread.join()


def write_line(text: str) -> None:
    """One line of a result, above whatever progress is shown."""
    from tqdm import tqdm

    tqdm.write(text, file=sys.stdout)
    sys.stdout.flush()


class Stop:
    """Whether somebody pressed Ctrl-C, or the system asked for an end (SIGTERM)."""

    def __init__(self) -> None:
        self.asked = False

    def check(self) -> None:
        """Stop a transcription at its next update.

        Raises:
            StopTranscribing: it was asked for.
        """
        if self.asked:
            raise StopTranscribing

    def during(self, on_progress: OnProgress) -> OnProgress:
        """Where there is nothing to keep: the same, but it stops all at once.

        Raises:
            KeyboardInterrupt: when progress is told, if it was asked for.
        """

        def told(fraction: float, message: str) -> None:
            if self.asked:
                raise KeyboardInterrupt
            on_progress(fraction, message)

        return told


@contextmanager
def stop_when_asked() -> Iterator[Stop]:
    """The first Ctrl-C or SIGTERM is kept in mind, to keep what is finished; a second one is as usual."""
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop  # only the main thread hears signals
        return

    def keep_in_mind(number: int, frame: Any) -> None:
        stop.asked = True
        if sys.__stderr__ is not None:  # where it was closed, its number may be that of any file
            with suppress(OSError, ValueError):  # not print(): it may be what was interrupted
                os.write(sys.__stderr__.fileno(), STOPPING)
        as_usual()

    def as_usual() -> None:
        for each, handler in usual.items():
            signal.signal(each, handler)

    usual = {each: signal.signal(each, keep_in_mind) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        as_usual()
