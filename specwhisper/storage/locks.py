"""Locks between processes that the system gives back when their holder is gone, however it ended."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_FAR = 1 << 30
POLL = 0.02  # seconds between two looks at a lock that someone else holds for a moment


def try_lock(descriptor: int) -> bool:
    """Lock an open file without waiting; the lock lives as long as the open file.

    Raises:
        OSError: the file system knows no locks.
    """
    try:
        if sys.platform == "win32":
            import msvcrt

            # Where a byte is locked there, nobody reads or writes it: one that no file here has.
            os.lseek(descriptor, _FAR, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


class LockFile:
    """A file that is made to be locked, and removed by its holder.

    A holder that is killed leaves the file, which then holds nobody up.

    Args:
        path: of the file; what it holds is left alone.

    Raises:
        OSError: of :meth:`take`; it cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def take(self) -> bool:
        """Make the file and lock it without waiting; False where another process holds it.

        Raises:
            OSError: it cannot be made.
            UnlockableError: it was made, and cannot be locked.
        """
        while True:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
            try:
                try:
                    locked = try_lock(descriptor)
                except OSError as error:
                    raise UnlockableError(error.errno, error.strerror) from error
                if locked and _has_a_name(descriptor):
                    self._descriptor, descriptor = descriptor, -1
                    return True
            finally:
                if descriptor >= 0:
                    os.close(descriptor)
            if not locked:
                return False

    def give_back(self, *, remove: bool = True) -> None:
        """Let others have it, the file gone or left where it is; for who took it, or could not lock it."""
        if remove:
            self._unlink()  # before others can lock it
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
            if remove and sys.platform == "win32":
                self._unlink()  # where nobody can remove an open file

    def _unlink(self) -> None:
        with suppress(OSError):
            self.path.unlink()


def _has_a_name(descriptor: int) -> bool:
    """False where an earlier holder removed the file after we opened it: then it guards nothing."""
    try:
        return os.fstat(descriptor).st_nlink > 0
    except OSError:  # network drives: gone on the server
        return False


class UnlockableError(OSError):
    """The file system knows no locks (some network drives)."""


@contextmanager
def locked(path: Path, on_wait: Callable[[float], None] | None = None) -> Iterator[None]:
    """Hold the lock file ``path`` while the block runs; afterwards it is gone.

    Args:
        on_wait: told now and then for how many seconds another process has held it.

    Raises:
        OSError, UnlockableError: as :meth:`LockFile.take`.
    """
    lock, began = LockFile(path), time.monotonic()
    while not lock.take():
        if on_wait is not None:
            on_wait(time.monotonic() - began)
        time.sleep(POLL)
    try:
        yield
    finally:
        lock.give_back()
