"""Where uploads lie while they are needed."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from specwhisper.ui.folders import OwnFolder

PLACE = "GRADIO_TEMP_DIR"


@contextmanager
def own_uploads() -> Iterator[None]:
    """A folder of this process alone, gone when it ends, also when it is told to (SIGTERM); after a kill, the
    next one sweeps it.

    Gradio's default is one folder for every program and user of a machine: whoever comes second may not
    write to it, and recordings stay in it. ``GRADIO_TEMP_DIR`` names another place, which is left as it is.
    """
    with _told_to_end(), _folder() as folder:
        os.environ[PLACE] = folder
        yield


@contextmanager
def _folder() -> Iterator[str]:
    if chosen := os.environ.get(PLACE):
        yield chosen
        return
    folder = OwnFolder("specwhisper-uploads-")
    try:
        yield str(folder.path)
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
