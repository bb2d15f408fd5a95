"""Folders of killed processes are swept, those of living ones and of others are not."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from specwhisper.ui.downloads import Downloads
from specwhisper.ui.folders import OwnFolder
from specwhisper.ui.uploads import PLACE, own_uploads

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="open folders cannot be told from others there"
)

_HOLD = """
import os, time
from specwhisper.ui.uploads import own_uploads
with own_uploads():
    print(os.environ["GRADIO_TEMP_DIR"], flush=True)
    time.sleep(60)
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv(PLACE, raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def holding(where: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "TMPDIR": str(where)}
    return subprocess.Popen([sys.executable, "-c", _HOLD], env=environment, stdout=subprocess.PIPE, text=True)


def test_after_a_kill_the_next_one_sweeps_and_only_that(temporary: Path) -> None:
    with holding(temporary) as killed, holding(temporary) as living:
        try:
            assert killed.stdout
            assert living.stdout
            left, kept = Path(killed.stdout.readline().strip()), Path(living.stdout.readline().strip())
            (left / "sub").mkdir()
            (left / "sub" / "speech.wav").write_bytes(b"what was said")
            (kept / "speech.wav").write_bytes(b"is needed")
            killed.kill()
            killed.wait(10)
            assert left.exists()
            with own_uploads():
                assert not left.exists()
                assert (kept / "speech.wav").exists()
        finally:
            living.kill()


def test_links_files_and_folders_of_others_stay(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = temporary / "home"
    home.mkdir()
    (home / "letter").write_text("dear")
    (temporary / "specwhisper-uploads-link").symlink_to(home)
    (temporary / "specwhisper-uploads-file").write_text("no folder")
    others = temporary / "specwhisper-uploads-others"
    others.mkdir()
    with monkeypatch.context() as context:
        context.setattr(os, "geteuid", lambda: os.getuid() + 1)  # all folders are another user's
        OwnFolder("specwhisper-uploads-").close()
        assert others.exists()
    OwnFolder("specwhisper-uploads-").close()
    assert not others.exists()
    assert (home / "letter").read_text() == "dear"
    assert (temporary / "specwhisper-uploads-file").exists()


def test_results_are_swept_too_and_two_in_one_process_live_together(temporary: Path) -> None:
    first, second = Downloads(), Downloads()
    folders = list(temporary.glob("specwhisper-downloads-*"))
    assert len(folders) == 2
    del first, second
    assert not list(temporary.iterdir())
