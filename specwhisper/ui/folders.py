"""Temporary folders of one process: gone when it ends, and swept by the next one where it was killed.

What was said lies in them, and nobody else removes it. A folder is locked as long as its process lives, so
what can be locked is left over.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import weakref
from collections.abc import Callable
from pathlib import Path

from specwhisper.storage.locks import try_lock

_TRIES = 5
"""Then it stays without a lock: not every file system has them."""


class OwnFolder:
    """A folder of this process alone; it goes with :meth:`close`, or with the last reference.

    Args:
        prefix: of its name. Folders with such a name are swept, if they are left over and this user's.
    """

    def __init__(self, prefix: str) -> None:
        sweep(prefix)
        self._unlock: Callable[[], object] = lambda: None
        for _ in range(_TRIES):
            self._folder = tempfile.TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True)
            self.path = Path(self._folder.name)
            lock = _locked(self.path)
            if lock is not None:
                self._unlock = weakref.finalize(self, os.close, lock)
                if self.path.exists():  # else another process swept it before it was locked
                    break

    def close(self) -> None:
        """Remove it."""
        self._folder.cleanup()
        self._unlock()


def sweep(prefix: str) -> None:
    """Remove what killed processes of this user left."""
    if sys.platform == "win32":
        return  # a folder that is open cannot be told from one that is not
    for folder in Path(tempfile.gettempdir()).glob(f"{prefix}*"):
        lock = _locked(folder)
        if lock is not None:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(lock)


def _locked(folder: Path) -> int | None:
    """An open descriptor that locks a folder; None where somebody else has it, or it is not our own."""
    if sys.platform == "win32":
        return None
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:  # gone, a link, or another user's
        return None
    try:
        if os.fstat(descriptor).st_uid == os.geteuid() and try_lock(descriptor):
            return descriptor
    except OSError:  # not every file system has locks
        pass
    os.close(descriptor)
    return None
