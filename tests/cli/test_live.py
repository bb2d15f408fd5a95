"""``specwhisper live`` with real models, its sound through a pipe."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from specwhisper import Transcriber
from specwhisper.audio.decode import load_audio
from specwhisper.cli.parser import main
from tests.clips import SHORT, path_of


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], None]:
    def put(raw: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(raw), isatty=lambda: False))

    return put


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch, real_pair: Callable[..., Transcriber]) -> None:
    pair = real_pair("base+tiny")
    monkeypatch.setattr("specwhisper.transcription.loading.load", lambda *given, **named: pair)


@pytest.mark.weights
def test_captions_of_a_pipe(pipe, loaded, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    pipe(path_of(SHORT).read_bytes())
    file = tmp_path / "said.srt"
    assert main(["live", "-", "--language", "en", "--output", str(file)]) == 0
    told = capsys.readouterr()
    assert SHORT.phrase in told.out
    assert told.err == ""
    assert SHORT.phrase in file.read_text() and "-->" in file.read_text()
    pipe(path_of(SHORT).read_bytes())
    assert main(["live", "-", "--output", str(file)]) == 2
    assert "--overwrite" in capsys.readouterr().err


@pytest.mark.weights
def test_updates_as_lines_of_json(pipe, loaded, capsys: pytest.CaptureFixture[str]) -> None:
    samples = load_audio(path_of(SHORT)).samples
    pipe((samples * 32767).astype("<i2").tobytes())
    assert main(["live", "-", "--raw", "16000", "--json", "--language", "en"]) == 0
    updates = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    text = "".join(update["settled"] for update in updates)
    assert SHORT.phrase in text
    assert any(update["began"] is not None for update in updates)
    assert "".join(each["text"] for update in updates for each in update["segments"]) == text


@pytest.mark.weights
def test_nothing_is_said(pipe, loaded, capsys: pytest.CaptureFixture[str]) -> None:
    pipe(np.zeros(32_000, "<i2").tobytes())
    assert main(["live", "-", "--raw", "16000"]) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.weights
def test_a_pipe_without_sound(pipe, loaded, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    pipe(b"this is no sound")
    kept = tmp_path / "kept.txt"
    kept.write_text("precious")
    assert main(["live", "-", "--output", str(kept), "--overwrite"]) == 1
    assert kept.read_text() == "precious"
    told = capsys.readouterr().err
    assert told.startswith("specwhisper: The standard input is not audio") and told.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    (
        (["--raw", "16000"], "--raw"),
        (["-", "--raw", "5"], "16000"),
        (["-", "--pause", "99"], "pause"),
        (["-", "--output", "a.docx"], "docx"),
        (["-", "--output", "nowhere/a.srt"], "folder"),
        (["README.md"], "is a file"),
    ),
)
def test_mistakes_are_found_before_anything_is_loaded(
    pipe, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    pipe(b"")
    assert main(["live", *arguments]) == 2
    told = capsys.readouterr().err
    assert sentence in told and told.count("\n") == 1


def test_a_terminal_is_no_pipe(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: True))
    assert main(["live", "-"]) == 2
    assert "piped" in capsys.readouterr().err


def test_no_microphone(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    assert main(["live"]) == 2
    assert "specwhisper[live]" in capsys.readouterr().err
