"""Folders and registries as they are found."""

from __future__ import annotations

import sys
from pathlib import Path

from specwhisper.doctor import reach
from specwhisper.weights.packages.clients import Command


def test_a_folder_that_does_not_exist_yet_is_measured_by_the_one_above(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(bytes(1000))
    there, missing = reach._place("x", tmp_path), reach._place("x", tmp_path / "b" / "c")
    assert (there.bytes, missing.bytes) == (1000, 0)
    assert there.writable and missing.writable and missing.free


def test_a_client_s_answer_is_told(monkeypatch) -> None:
    def command(code: str) -> Command:
        return Command((sys.executable, "-c", code), {})

    assert reach._asked("pip", command("pass")).reachable
    assert not reach._asked("pip", command("raise SystemExit(1)")).reachable
    monkeypatch.setattr(reach, "_PATIENCE", 0.2)
    assert "no answer" in reach._asked("pip", command("import time; time.sleep(9)")).reason
    assert "does not start" in reach._asked("npm", Command(("/nowhere/npm",), {})).reason
