"""Many files and folders: every form, what is there already, and a run that was stopped half-way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from importlib.resources import files
from pathlib import Path

import jsonschema
import numpy as np
import pytest
import srt

from specwhisper.cli import main
from specwhisper.cli.output_index import INDEX, output_names
from specwhisper.cli.outputs import Outputs
from specwhisper.output.cues import Layout
from tests.clips import ENGLISH, longest, path_of
from tests.ui.comparisons import make_comparison
from tests.ui.fakes import write_samples

FORMS = ("txt", "srt", "vtt", "tsv", "json")


def check_schema(written: str) -> dict:
    schema = json.loads(files("specwhisper.output").joinpath("transcript.schema.json").read_text("utf-8"))
    data = json.loads(written)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(data, schema)
    return data


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--output-format", "all"], "--output-dir"),
        (["--max-line-count", "2"], "width"),
        (["--max-line-width", "3"], "10 to 1000"),
    ],
)
def test_wrong_options_are_one_line_before_anything_is_loaded(options: list[str], words: str, capsys) -> None:
    assert main(["transcribe", str(path_of(ENGLISH)), *options]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert words in printed.err


def test_a_folder_without_recordings_is_one_line(tmp_path: Path, capsys) -> None:
    (tmp_path / "notes.txt").write_text("no sound")
    assert main(["transcribe", str(tmp_path)]) == 1
    assert "holds no audio" in capsys.readouterr().err


@pytest.mark.weights
def test_a_folder_in_every_form_and_again(real_weights, tmp_path: Path, capsys) -> None:
    real_weights("tiny")
    inside = tmp_path / "in" / "deep"
    inside.mkdir(parents=True)
    write_samples(inside / "a.wav", longest(6))
    (tmp_path / "in" / "b.mp3").write_bytes(b"no sound at all")
    (tmp_path / "in" / "c.txt").write_text("no recording")
    out = tmp_path / "out"
    command = [
        "transcribe", str(tmp_path / "in"), "--pair", "tiny", "--language", "en", "--timestamps", "word",
        "--output-format", "all", "--output-dir", str(out),
    ]  # fmt: skip
    assert main(command) == 1  # b.mp3 is no audio; the rest is done
    assert "b.mp3" in capsys.readouterr().err
    assert {path.name for path in out.iterdir()} == {INDEX, *(f"a.{form}" for form in FORMS)}
    data = check_schema((out / "a.json").read_text("utf-8"))
    cues = list(srt.parse((out / "a.srt").read_text("utf-8")))
    assert len(cues) == len(data["segments"]) > 0
    assert (out / "a.txt").read_text("utf-8").split() == data["text"].split()

    before = (out / "a.json").stat().st_mtime_ns
    main(command)
    assert "already done" in capsys.readouterr().err
    assert (out / "a.json").stat().st_mtime_ns == before
    main([*command, "--overwrite"])
    assert (out / "a.json").stat().st_mtime_ns > before


@pytest.mark.weights
def test_text_is_printed_as_it_is_settled(real_weights, capfd) -> None:
    real_weights("tiny")
    assert main(["transcribe", str(path_of(ENGLISH)), "--pair", "tiny"]) == 0
    printed = capfd.readouterr().out
    assert ENGLISH.phrase in " ".join(printed.lower().split())


@pytest.mark.weights
def test_silence_gives_empty_files(real_weights, tmp_path: Path) -> None:
    real_weights("tiny")
    quiet = write_samples(tmp_path / "quiet.wav", np.zeros(16_000))
    out = tmp_path / "out"
    assert (
        main(["transcribe", str(quiet), "--pair", "tiny", "--output-format", "all", "--output-dir", str(out)])
        == 0
    )
    assert (out / "quiet.txt").read_text() == ""
    assert check_schema((out / "quiet.json").read_text())["segments"] == []


@pytest.mark.weights
def test_a_run_stopped_half_way_leaves_its_part_and_goes_on_from_there(real_weights, tmp_path: Path) -> None:
    real_weights("tiny")
    recording = write_samples(tmp_path / "talk.wav", np.tile(longest(45), 2))
    out = tmp_path / "out"
    command = [
        sys.executable, "-c", "import sys; from specwhisper.cli import main; sys.exit(main(sys.argv[1:]))",
        "transcribe", str(recording), "--pair", "tiny", "--language", "en", "--output-dir", str(out),
    ]  # fmt: skip
    # A shell may have told us to ignore Ctrl-C; the child is to hear it.
    listen = lambda: signal.signal(signal.SIGINT, signal.default_int_handler)  # noqa: E731
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, preexec_fn=listen) as child:
        journal = out / ".talk.journal"
        deadline = time.monotonic() + 120
        while not (journal.exists() and journal.read_bytes().count(b"\n") > 2):
            assert time.monotonic() < deadline
            assert child.poll() is None, child.stderr.read() if child.stderr else ""
            time.sleep(0.05)
        os.kill(child.pid, signal.SIGINT)
        _, complaint = child.communicate(timeout=60)
        assert child.returncode == 130
        assert "Traceback" not in complaint
    part = (out / "talk.txt.partial").read_text("utf-8").split()
    assert len(part) > 10
    assert not (out / "talk.txt").exists()

    finished = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "talk.txt" in finished.stderr
    whole = (out / "talk.txt").read_text("utf-8").split()
    assert whole[: len(part)] == part
    assert len(whole) > len(part)
    assert {path.name for path in out.iterdir()} == {"talk.txt", INDEX}


def test_what_was_stopped_before_anything_was_written_leaves_no_empty_file(tmp_path: Path, capsys) -> None:
    outputs = Outputs(tmp_path / "out", ["talk.wav"], ("txt", "srt"), Layout(), overwrite=False)
    outputs.write("talk.wav", make_comparison("").speculative, partial=True)
    assert "talk.wav -> stopped before anything was written" in capsys.readouterr().err
    assert not list((tmp_path / "out").glob("*.partial"))


def test_another_recording_of_the_same_name_gets_another_output(tmp_path: Path) -> None:
    first, second = str(tmp_path / "a" / "x.flac"), str(tmp_path / "b" / "x.flac")
    owners = {"x": first}
    names = output_names([first, second], tmp_path, ["txt"], owners)
    assert list(names.values()) == ["x", "x.flac"]
    assert output_names([second], tmp_path, ["txt"], owners) == {second: "x.flac"}


def test_names_stay_when_recordings_are_added(tmp_path: Path) -> None:
    days = [str(tmp_path / day / "x.flac") for day in ("day1", "day2", "day3")]
    before = output_names(days[1:], tmp_path, ["txt"])
    after = output_names(days, tmp_path, ["txt"], {name: file for file, name in before.items()})
    assert {file: after[file] for file in days[1:]} == before
    assert len(set(after.values())) == 3


def test_a_name_that_is_too_long_is_cut(tmp_path: Path) -> None:
    (name,) = output_names([f"{'ü' * 120}.flac"], tmp_path, ["json"]).values()
    assert len(os.fsencode(f".{name}.json.partial.12345678")) < 255
    (tmp_path / f"{name}.json").write_text("")


@pytest.mark.parametrize(
    "options",
    [
        ["--timestamps", "none", "--initial-prompt", "x"],
        ["--output-dir", ""],
        ["--languages", ""],
        ["--languages", " , "],
        ["--overwrite"],
        ["--max-line-width", "42"],
        ["--max-line-width", "42", "--max-line-count", "2", "--output-format", "json"],
    ],
)
def test_options_without_effect_are_refused(options: list[str], capsys) -> None:
    try:
        status = main(["transcribe", str(path_of(ENGLISH)), *options])
    except SystemExit as stopped:
        status = stopped.code
    assert status == 2
    assert capsys.readouterr().err.count("\n") == 1
