"""Where uploads lie while they are needed."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from specwhisper.ui.folders import OwnFolder

PLACE = "GRADIO_TEMP_DIR"


@contextmanager
def own_uploads() -> Iterator[Path | None]:
    """A folder of this process alone, gone when it ends, also when it is told to (SIGTERM); after a kill, the
    next one sweeps it.

    Gradio's default is one folder for every program and user of a machine: whoever comes second may not
    write to it, and recordings stay in it. ``GRADIO_TEMP_DIR`` names another place, which is left as it is.

    Yields:
        The folder, where it is our own.
    """
    with _told_to_end(), _folder() as folder:
        yield folder


class Unfinished:
    """What uploads leave that break off: Gradio removes none of it, and a disk fills up with halves.

    Args:
        folder: this process's own.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running = 0

    @contextmanager
    def upload(self) -> Iterator[None]:
        """While one is taken in. A finished one has a folder and its own name; what lies beside is a half."""
        self._running += 1
        try:
            yield
        finally:
            self._running -= 1
            if not self._running:
                for half in self._folder.glob("tmp*"):
                    if not half.suffix and half.is_file():
                        half.unlink(missing_ok=True)


@contextmanager
def _folder() -> Iterator[Path | None]:
    if os.environ.get(PLACE):
        yield None
        return
    folder = OwnFolder("specwhisper-uploads-")
    os.environ[PLACE] = str(folder.path)
    try:
        yield folder.path
    finally:
        del os.environ[PLACE]
        folder.close()


@contextmanager
def _told_to_end() -> Iterator[None]:
    """SIGTERM ends the process as an exception does, with everything tidied up."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may listen to signals
        return
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
