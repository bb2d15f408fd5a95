"""Several files: together, in order, whatever is wrong with one, and until someone presses Ctrl-C."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from wave import open as open_wave

import pytest

from specwhisper import cli
from specwhisper.audio.decode import load_audio
from specwhisper.audio.waveform import Waveform
from specwhisper.results import Comparison, Transcript
from specwhisper.transcription import loading
from tests.ui.comparisons import make_comparison


@dataclass
class FakeTranscriber:
    """Writes the name of what it hears; at the recording called ``stop`` someone presses Ctrl-C."""

    stop: str | None = None
    slow: dict[str, float] = field(default_factory=dict)
    ended: list[str] = field(default_factory=list)
    reads: bool = False
    busy: int = 0
    worst: int = 0
    options: list[dict[str, Any]] = field(default_factory=list)
    warnings: tuple[str, ...] = ()

    def transcribe(self, audio: Any, **options: Any) -> Transcript:
        name = stem(audio)
        if name == self.stop:
            raise KeyboardInterrupt
        self.options.append(options)
        time.sleep(self.slow.get(name, 0.0))
        self.ended.append(name)
        if self.reads:
            audio = load_audio(audio, strict=options["strict"])
        self.busy += 1
        self.worst = max(self.worst, self.busy)
        time.sleep(0.01)
        self.busy -= 1
        warnings = audio.warnings if isinstance(audio, Waveform) else self.warnings
        return replace(make_comparison(f"This is {name}.").baseline, language="en", warnings=warnings)

    def compare(self, audio: Any, **options: Any) -> Comparison:
        written = self.transcribe(audio, **options)
        return replace(make_comparison(), baseline=written, speculative=written)


def stem(audio: str | Waveform) -> str:
    """``0.wav`` -> ``0``; a loaded recording is named in quotes."""
    return Path(audio.name.strip("'") if isinstance(audio, Waveform) else audio).stem


@pytest.fixture
def transcriber(monkeypatch: pytest.MonkeyPatch) -> FakeTranscriber:
    made = FakeTranscriber()
    monkeypatch.setattr(loading, "load", lambda *arguments, **options: made)
    return made


@pytest.fixture
def recordings(tmp_path: Path) -> list[str]:
    """``0.wav`` to ``9.wav``, a tenth of a second each."""
    return [record(tmp_path / f"{number}.wav", 0.1) for number in range(10)]


def record(path: Path, seconds: float) -> str:
    with open_wave(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(bytes(2 * int(16_000 * seconds)))
    return str(path)


@pytest.mark.parametrize("command", ["transcribe", "compare"])
def test_ctrl_c_still_prints_the_json_of_what_is_finished(
    transcriber, recordings, capsys, command: str
) -> None:
    transcriber.stop = "2"
    form = ["--output-format", "json"] if command == "transcribe" else ["--json"]
    assert cli.main([command, *recordings[:4], *form]) == 130
    out, err = capsys.readouterr()
    assert [Path(entry["file"]).stem for entry in json.loads(out)] == ["0", "1"]
    assert err == "specwhisper: stopped; finished files are kept.\n"


def test_ctrl_c_before_anything_is_finished(transcriber, recordings, capsys) -> None:
    transcriber.stop = "0"
    assert cli.main(["transcribe", *recordings[:2], "--output-format", "json"]) == 130
    assert json.loads(capsys.readouterr().out) == []
    assert cli.main(["transcribe", recordings[0], "--output-format", "json"]) == 130
    assert capsys.readouterr().out == ""


def test_files_that_are_decoded_together_keep_their_order(transcriber, recordings, capsys) -> None:
    assert cli.main(["transcribe", *recordings, "--batch-size", "2", "--language", "en"]) == 0
    assert len(transcriber.options) == len(recordings)
    assert all((each["batch_size"], each["language"]) == (2, "en") for each in transcriber.options)
    said = [line for line in capsys.readouterr().out.splitlines() if not line.startswith("#")]
    assert said == [f"This is {number}." for number in range(10)]
    assert 1 < transcriber.worst <= 2


def test_a_long_file_holds_nobody_up_and_waiting_for_it_costs_nothing(
    transcriber: FakeTranscriber, tmp_path: Path, capsys
) -> None:
    files = [record(tmp_path / f"{number}.wav", 0.1) for number in range(8)]
    transcriber.slow["0"] = 0.5
    before = time.process_time()
    assert cli.main(["transcribe", *files, "--batch-size", "2"]) == 0
    assert time.process_time() - before < 0.25
    assert transcriber.ended[-1] == "0"
    said = [line for line in capsys.readouterr().out.splitlines() if line.startswith("This")]
    assert said == [f"This is {number}." for number in range(8)]


def test_a_bad_file_never_stops_those_beside_it(transcriber, recordings, tmp_path, capsys) -> None:
    transcriber.reads = True
    broken = tmp_path / "notes.txt"
    broken.write_text("these are not sounds")
    files = [str(broken), recordings[0], str(tmp_path / "gone.wav"), recordings[1]]
    assert cli.main(["transcribe", *files, "--batch-size", "4", "--output-format", "json"]) == 1
    out, err = capsys.readouterr()
    entries = json.loads(out)
    assert [entry["file"] for entry in entries] == files
    assert ["error" in entry for entry in entries] == [True, False, True, False]
    first, second = err.splitlines()
    assert "notes.txt" in first
    assert "gone.wav" in second


def test_a_link_to_nothing_in_a_folder_is_told_and_the_rest_is_done(
    transcriber, recordings, tmp_path, capsys
) -> None:
    transcriber.reads = True
    (tmp_path / "x.wav").symlink_to(tmp_path / "gone.wav")
    assert cli.main(["transcribe", str(tmp_path), "--output-format", "json"]) == 1
    out, err = capsys.readouterr()
    assert ["error" in entry for entry in json.loads(out)] == [False] * len(recordings) + [True]
    assert err.count("\n") == 1
    assert f"'{tmp_path / 'x.wav'}' is a link to a file that does not exist" in err


def test_nothing_is_loaded_for_links_to_nothing(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(loading, "load", lambda *given, **options: pytest.fail("it loads"))
    (tmp_path / "x.wav").symlink_to(tmp_path / "gone.wav")
    assert cli.main(["transcribe", str(tmp_path)]) == 1
    assert "is a link to a file" in capsys.readouterr().err


def test_ctrl_c_keeps_the_files_that_are_finished(transcriber, recordings, tmp_path, capsys) -> None:
    transcriber.stop = "9"
    out = tmp_path / "out"
    command = ["transcribe", *recordings, "--batch-size", "2"]
    assert cli.main([*command, "--output-dir", str(out)]) == 130
    assert sorted(path.name for path in out.glob("[!.]*")) == [f"{number}.txt" for number in range(9)]
    capsys.readouterr()
    assert cli.main([*command, "--output-format", "json"]) == 130
    assert [Path(entry["file"]).stem for entry in json.loads(capsys.readouterr().out)] == list("012345678")


def test_the_options_of_a_search_reach_the_transcriber(transcriber, recordings, capsys) -> None:
    options = {"beams": 3, "length_penalty": 0.5, "patience": 2.0}
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
    assert cli.main(["transcribe", recordings[0], *flags]) == 0
    assert options.items() <= transcriber.options[0].items()
    assert transcriber.options[0]["batch_size"] == 1


def test_what_is_wrong_with_a_recording_is_said_and_no_failure(transcriber, recordings, capsys) -> None:
    transcriber.reads = True
    cut = Path(recordings[1])
    cut.write_bytes(cut.read_bytes()[:2_000])
    told = f"'{cut}' breaks off before its end; what is there was transcribed."
    for size in ("1", "2"):
        assert cli.main(["transcribe", *recordings[:2], "--batch-size", size]) == 0
        assert capsys.readouterr().err == f"specwhisper: {told}\n"
        assert cli.main(["transcribe", *recordings[:2], "--batch-size", size, "--strict"]) == 1
        assert "upload or download it again" in capsys.readouterr().err
    assert cli.main(["compare", recordings[1]]) == 0
    assert capsys.readouterr().err == f"specwhisper: {told}\n"


def test_the_track_and_strictness_reach_the_transcriber(transcriber, recordings, capsys) -> None:
    file = recordings[0]
    assert cli.main(["transcribe", file, "--audio-track", "2", "--strict"]) == 0
    assert (transcriber.options[0]["audio_track"], transcriber.options[0]["strict"]) == (2, True)
    assert cli.main(["transcribe", file, "--audio-track", "0"]) == 2
    assert "counted from 1" in capsys.readouterr().err


def test_complaints_name_the_folder_where_two_hold_files_of_one_name(
    tmp_path: Path, transcriber: FakeTranscriber, capsys: pytest.CaptureFixture[str]
) -> None:
    transcriber.reads = True
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "talk.wav").write_bytes(b"no sound")
    files = [str(tmp_path / name / "talk.wav") for name in ("first", "second")]
    assert cli.main(["transcribe", *files]) == 1
    told = capsys.readouterr().err.splitlines()
    assert all(file in line for file, line in zip(files, told, strict=True)), told


@pytest.mark.parametrize(("form", "lines"), [("txt", 1), ("json", 0)])
def test_times_that_are_not_written_are_mentioned(
    transcriber: FakeTranscriber, tmp_path: Path, capsys, form: str, lines: int
) -> None:
    options = ["--timestamps", "word", "--output-format", form]
    assert cli.main(["transcribe", record(tmp_path / "a.wav", 1.0), *options]) == 0
    assert capsys.readouterr().err.count("those of the words are not written") == lines
