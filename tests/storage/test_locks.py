"""A lock file keeps others out while its holder lives, and nobody afterwards."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from specwhisper.storage import locks
from specwhisper.storage.locks import LockFile, UnlockableError, locked

_HOLDER = """
import sys, time
from pathlib import Path
from specwhisper.storage.locks import LockFile
assert LockFile(Path(sys.argv[1])).take()
print("held", flush=True)
time.sleep(60)
"""


def test_one_holds_it_and_it_is_gone_afterwards(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with locked(path):
        assert not LockFile(path).take()
    assert not path.exists()
    assert LockFile(path).take()


def test_a_holder_that_was_killed_holds_nobody_up(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(path)], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        waits: list[float] = []

        def kill(seconds: float) -> None:
            if not waits:
                child.send_signal(signal.SIGKILL)
            waits.append(seconds)

        with locked(path, kill):
            assert waits
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_its_holder_removed_is_no_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "lock"
    calls = []

    def removed_meanwhile(descriptor: int) -> bool:
        calls.append(descriptor)
        if len(calls) == 1:
            path.unlink()
        return True

    monkeypatch.setattr(locks, "try_lock", removed_meanwhile)
    lock = LockFile(path)
    assert lock.take()
    assert len(calls) == 2
    assert path.exists()
    lock.give_back()


def test_a_drive_without_locks_is_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_locks(descriptor: int) -> bool:
        raise OSError(37, os.strerror(37))

    monkeypatch.setattr(locks, "try_lock", no_locks)
    with pytest.raises(UnlockableError, match="No locks"), locked(tmp_path / "lock"):
        pass
