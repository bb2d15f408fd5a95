"""``transcribe -``: a recording from standard input, alone and beside files."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from specwhisper import cli
from specwhisper.audio.decode import load_audio
from specwhisper.cli.output_index import INDEX
from specwhisper.results import Comparison, Transcript
from specwhisper.transcription import loading
from tests.cli.test_files import record
from tests.ui.comparisons import make_comparison

Feed = Callable[[bytes], None]


class Listener:
    """Writes how long what it hears is."""

    def transcribe(self, audio: Any, **options: Any) -> Transcript:
        sound = load_audio(audio)
        return replace(make_comparison(f"{sound.seconds:.1f} seconds.").baseline, language="en")

    def compare(self, audio: Any, **options: Any) -> Comparison:
        return replace(make_comparison(), baseline=self.transcribe(audio))

    def transcribe_batch(self, audios: list[Any], **options: Any) -> list[Transcript]:
        return [replace(make_comparison(f"{one.seconds:.1f}").baseline, language="en") for one in audios]


@pytest.fixture(autouse=True)
def listener(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "load", lambda *arguments, **options: Listener())


@pytest.fixture
def feed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Feed]:
    """Sends bytes through a pipe that is standard input."""
    senders: list[threading.Thread] = []

    def send(content: bytes) -> None:
        reading, writing = os.pipe()

        def write() -> None:
            with os.fdopen(writing, "wb") as pipe:
                pipe.write(content)

        senders.append(threading.Thread(target=write))
        senders[-1].start()
        monkeypatch.setattr("sys.stdin", os.fdopen(reading))

    yield send
    for sender in senders:
        sender.join()


@pytest.fixture
def sound(tmp_path: Path) -> bytes:
    return Path(record(tmp_path / "piped.wav", 3.0)).read_bytes()


def test_a_pipe_is_heard_beside_files(feed: Feed, sound: bytes, tmp_path: Path, capsys) -> None:
    feed(sound)
    assert cli.main(["transcribe", record(tmp_path / "a.wav", 1.0), "-", "-", "--timestamps", "none"]) == 0
    said = [line.split("/")[-1] for line in capsys.readouterr().out.splitlines()]
    assert said == ["a.wav", "1.0 seconds.", "# standard input", "3.0 seconds."]


def test_a_file_may_be_standard_input(sound: bytes, tmp_path: Path, capsys, monkeypatch) -> None:
    monkeypatch.setattr("sys.stdin", (tmp_path / "piped.wav").open())
    assert cli.main(["compare", "-", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["file"] == "-"
    assert printed["baseline"]["text"] == "3.0 seconds."


def test_in_a_batch_too(feed: Feed, sound: bytes, tmp_path: Path, capsys) -> None:
    feed(sound)
    assert cli.main(["transcribe", "-", record(tmp_path / "a.wav", 1.0), "--batch-size", "2"]) == 0
    assert "3.0" in capsys.readouterr().out


def test_every_one_gets_an_output_of_its_own(feed: Feed, sound: bytes, tmp_path: Path, capsys) -> None:
    out = tmp_path / "out"
    for content in (sound, Path(record(tmp_path / "b.wav", 2.0)).read_bytes()):
        feed(content)
        assert cli.main(["transcribe", "-", "--output-dir", str(out)]) == 0
    assert (out / "stdin.txt").read_text() == "3.0 seconds.\n"
    assert (out / "stdin-2.txt").read_text() == "2.0 seconds.\n"
    assert "standard input -> " in capsys.readouterr().err
    feed(sound)
    assert cli.main(["transcribe", "-", "--output-dir", str(out), "--overwrite"]) == 0
    assert len(list(out.glob("[!.]*"))) == 2
    assert set(json.loads((out / INDEX).read_text()).values()) == {"-"}


def test_a_file_of_that_name_keeps_it(feed: Feed, sound: bytes, tmp_path: Path) -> None:
    out = tmp_path / "out"
    feed(sound)
    assert cli.main(["transcribe", "-", record(tmp_path / "stdin.wav", 1.0), "--output-dir", str(out)]) == 0
    texts = {path.name: path.read_text() for path in out.glob("[!.]*")}
    assert texts == {"stdin.txt": "3.0 seconds.\n", "stdin.wav.txt": "1.0 seconds.\n"}


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "'standard input' is empty"), (b"no sound at all", "'standard input' is not audio")],
)
def test_what_is_no_recording_is_one_sentence(feed: Feed, content: bytes, words: str, capsys) -> None:
    feed(content)
    assert cli.main(["transcribe", "-"]) == 1
    printed = capsys.readouterr().err
    assert printed.count("\n") == 1
    assert words in printed


def test_no_standard_input_and_a_terminal_are_one_sentence(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setattr("sys.stdin", None)
    assert cli.main(["transcribe", "-"]) == 1
    assert "is closed" in capsys.readouterr().err
    terminal, other = os.openpty()
    with os.fdopen(other) as keyboard:
        monkeypatch.setattr("sys.stdin", keyboard)
        assert cli.main(["transcribe", "-"]) == 1
    os.close(terminal)
    printed = capsys.readouterr().err
    assert printed.count("\n") == 1
    assert "is a terminal" in printed
