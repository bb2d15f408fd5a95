"""Uploads lie in a folder of the process's own, which disappears with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from specwhisper.ui.uploads import PLACE, own_uploads


def test_the_folder_is_ours_alone_and_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PLACE, raising=False)
    with own_uploads():
        folder = Path(os.environ[PLACE])
        assert folder.stat().st_mode & 0o077 == 0
        (folder / "speech.wav").write_bytes(b"x")
    assert not folder.exists()
    assert PLACE not in os.environ


def test_a_place_that_was_chosen_stays(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(PLACE, str(tmp_path))
    with own_uploads():
        assert os.environ[PLACE] == str(tmp_path)
    assert tmp_path.is_dir()


def test_whoever_is_told_to_end_leaves_nothing(tmp_path: Path) -> None:
    code = (
        "import time\nfrom specwhisper.ui.uploads import own_uploads\n"
        "with own_uploads():\n    print('there', flush=True)\n    time.sleep(60)"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    environment.pop(PLACE, None)
    with subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE) as child:
        assert child.stdout
        assert child.stdout.readline() == b"there\n"
        assert list(tmp_path.iterdir())
        child.send_signal(signal.SIGTERM)
        assert child.wait(30) == 0
    assert not list(tmp_path.iterdir())
