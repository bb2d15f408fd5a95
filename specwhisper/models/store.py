"""The folder in which verified weight files are kept, and the only ways to put something into it.

A file appears there under its own name only after all its bytes are on disk and their SHA-256 is the
expected one; until then it lies in ``partial/``. So whatever kills a download leaves no file that is
believed. Whoever writes holds the lock, hence all that lies in ``partial/`` when the lock is gained was
left by a process that is gone.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from specwhisper.errors import ModelError, WeightsCorruptError
from specwhisper.locks import try_lock
from specwhisper.models.packages import StoredFile
from specwhisper.models.room import is_full, no_room

CHUNK = 1 << 20  # bytes
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


def stored_path(file: StoredFile) -> Path:
    """Where the file lies, or will lie."""
    return store_folder() / file.path


def is_stored(file: StoredFile) -> bool:
    """Whether a file of that name and size is there (a glance; see :func:`is_intact`)."""
    path = stored_path(file)
    return path.is_file() and path.stat().st_size == file.size


def is_intact(file: StoredFile) -> bool:
    """Whether the file is there and has the right digest.

    Every byte is hashed every time: base and tiny together take 0.3 s (1 s on a processor without SHA
    instructions), which is less than a wrong byte in a weight would cost anyone.
    """
    if not is_stored(file):
        return False
    digest = hashlib.sha256()
    with stored_path(file).open("rb") as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest() == file.sha256


def put(file: StoredFile, chunks: Iterable[bytes]) -> Path:
    """Write a file, verify it and only then give it its name. Call it inside :func:`exclusive`.

    Raises:
        WeightsCorruptError: the digest is another one; nothing is left behind.
        ModelError: the folder cannot be written, or the disk is full.
    """
    target = stored_path(file)
    temporary = partial_folder() / f"{file.sha256[:16]}.{os.getpid()}"
    digest = hashlib.sha256()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as stream:
            for chunk in chunks:
                digest.update(chunk)
                stream.write(chunk)
            stream.flush()
            os.fsync(stream.fileno())
        if digest.hexdigest() != file.sha256:
            raise WeightsCorruptError(
                f"{file.path} arrived with a wrong SHA-256 ({digest.hexdigest()[:12]} instead of "
                f"{file.sha256[:12]}): try again, and if it stays so, use another source."
            )
        temporary.replace(target)
    except OSError as error:
        raise _unwritable(error, file.size) from error
    finally:
        temporary.unlink(missing_ok=True)
    return target


def keep_derived(content: bytes, name: str) -> Path:
    """Keep a file that was made here from another one, under its digest.

    Raises:
        ModelError: the folder cannot be written.
    """
    digest = hashlib.sha256(content).hexdigest()
    file = StoredFile(f"derived/{digest[:16]}/{name}", digest, len(content), ())
    if not is_intact(file):
        with exclusive():
            put(file, [content])
    return stored_path(file)


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
        raise _unwritable(error) from error
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
        raise _unwritable(error) from error
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


def _unwritable(error: OSError, needed: int | None = None) -> ModelError:
    if is_full(error):
        return no_room(store_folder(), needed)
    return ModelError(
        f"Weights cannot be kept in {store_folder()} ({error.strerror or error}): make room or make it "
        "writable, or set SPECWHISPER_CACHE to another folder."
    )
