"""The folder in which everything is kept between runs, and the lock of whoever writes there.

A file appears there under its own name only after all its bytes are on disk; until then it lies in
``partial/``. Whoever writes holds the lock, hence all that lies in ``partial/`` when the lock is gained was
left by a process that is gone.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from specwhisper.errors import ModelError
from specwhisper.storage.locks import try_lock
from specwhisper.storage.room import is_full, no_room

LOCK_POLL = 0.2  # seconds between two looks at a lock that someone else holds


class _BusyError(Exception):
    """Another process holds the store."""


def store_folder() -> Path:
    """Where weights are kept: ``SPECWHISPER_CACHE``, else the platform's cache folder. Not created."""
    chosen = os.environ.get("SPECWHISPER_CACHE")
    if chosen:
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA")
        return Path(base, "specwhisper") if base else Path.home() / "AppData" / "Local" / "specwhisper"
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "specwhisper"


def put_if_free(target: Path, write: Callable[[Path], object]) -> bool:
    """Put a file that can be made again into the store, if nobody else holds it and there is room.

    Args:
        target: its path, one folder below the store.
        write: writes it to the path it is given; it gets its name after all of it is on disk.

    Returns:
        Whether it is there now. Nothing is left behind if not.
    """

    def give_up() -> None:
        raise _BusyError  # who holds the store may be downloading

    try:
        with exclusive(give_up):
            temporary = partial_folder() / f"{target.name}.{os.getpid()}"
            try:
                write(temporary)
                with temporary.open("r+b") as stream:
                    os.fsync(stream.fileno())
                target.parent.mkdir(exist_ok=True)
                temporary.replace(target)
            finally:
                temporary.unlink(missing_ok=True)
    except (ModelError, OSError, _BusyError):
        return False
    return True


def partial_folder() -> Path:
    """Where unfinished things lie; created. On the same file system as the store, so renames are atomic."""
    folder = store_folder() / "partial"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(error) from error
    return folder


@contextmanager
def exclusive(on_wait: Callable[[], None] | None = None) -> Iterator[None]:
    """Hold the store's lock; the system gives it back even if this process is killed.

    Args:
        on_wait: called now and then while another process holds it.

    Raises:
        ModelError: the folder cannot be written.
    """
    partial = partial_folder()
    try:
        lock = (store_folder() / "lock").open("ab")
    except OSError as error:
        raise unwritable(error) from error
    with lock:
        while not _try_lock(lock.fileno()):
            if on_wait is not None:
                on_wait()
            time.sleep(LOCK_POLL)
        for left in partial.iterdir():
            if left.is_dir() and not left.is_symlink():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)
        yield


def _try_lock(descriptor: int) -> bool:
    try:
        return try_lock(descriptor)
    except OSError as error:
        raise ModelError(
            f"The folder {store_folder()} cannot be locked ({error.strerror}): "
            "set SPECWHISPER_CACHE to a folder on a local disk."
        ) from error


def unwritable(error: OSError, needed: int | None = None) -> ModelError:
    """The sentence for a folder that cannot be written."""
    if is_full(error):
        return no_room(store_folder(), needed)
    return ModelError(
        f"Weights cannot be kept in {store_folder()} ({error.strerror or error}): make room or make it "
        "writable, or set SPECWHISPER_CACHE to another folder."
    )
