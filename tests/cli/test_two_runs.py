"""Two processes that write to one folder: every transcript is there, the index whole, nobody held up."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from specwhisper.cli.output_index import INDEX
from tests.cli.test_files import record
from tests.marks import EXHAUSTIVE

ROOT = Path(__file__).parents[2]
_RUN = """
import sys, time
from dataclasses import replace
from pathlib import Path
from specwhisper.cli import files, main
from tests.ui.comparisons import make_comparison

class Slow:
    def transcribe(self, audio, **options):
        time.sleep(float(sys.argv[1]))
        print(audio, flush=True)
        return replace(make_comparison(f"From {Path(audio).parent.name}.").baseline, language="en")

files._ready = lambda *arguments: Slow()  # without torch, which takes seconds to import
print("ready", flush=True)
sys.stdin.readline()
sys.exit(main(["transcribe", "--timestamps", "none", *sys.argv[2:]]))
"""
"""The command line with a stand-in for the model that takes its time; it starts when told to."""


def start(seconds: float, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _RUN, str(seconds), *map(str, arguments)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def together(children: list[subprocess.Popen[str]]) -> list[list[str]]:
    """Let all begin at once; returns the files that each one worked on."""
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    for child in children:
        assert child.stdin is not None
        child.stdin.write("\n")
        child.stdin.flush()
    outputs = [child.communicate(timeout=60) for child in children]
    assert [child.returncode for child in children] == [0] * len(children), outputs
    return [out.split() for out, _ in outputs]


@pytest.mark.parametrize("seconds", [0.0, pytest.param(0.05, marks=EXHAUSTIVE)])
def test_over_one_folder_each_recording_is_done_once(tmp_path: Path, seconds: float) -> None:
    (tmp_path / "in").mkdir()
    files = {record(tmp_path / "in" / f"{number}.wav", 0.1) for number in range(12)}
    out = tmp_path / "out"
    one, other = together(
        [start(seconds, tmp_path / "in", "--output-dir", out, "--output-format", "all") for _ in range(2)]
    )
    assert {*one, *other} == files
    assert len(one) + len(other) == len(files)
    forms = ("txt", "srt", "vtt", "tsv", "json")
    assert {path.name for path in out.iterdir()} == {
        INDEX, *(f"{number}.{form}" for number in range(12) for form in forms)
    }  # fmt: skip
    assert json.loads((out / INDEX).read_text()) == {Path(file).stem: file for file in files}


def test_recordings_of_the_same_name_keep_their_transcripts(tmp_path: Path) -> None:
    out = tmp_path / "out"
    for day in ("day1", "day2"):
        (tmp_path / day).mkdir()
        for name in ("a", "b", "c"):
            record(tmp_path / day / f"{name}.wav", 0.1)
    together([start(0.02, tmp_path / day, "--output-dir", out) for day in ("day1", "day2")])
    index = json.loads((out / INDEX).read_text())
    assert sorted(index.values()) == sorted(map(str, tmp_path.glob("day?/*.wav")))
    for name, owner in index.items():
        assert (out / f"{name}.txt").read_text() == f"From {Path(owner).parent.name}.\n"
    assert len(list(out.glob("[!.]*"))) == 6


def test_a_run_that_was_killed_holds_nobody_up(tmp_path: Path) -> None:
    files = [record(tmp_path / f"{number}.wav", 0.1) for number in range(3)]
    out = tmp_path / "out"
    with start(60, *files, "--output-dir", out) as child:
        assert child.stdin is not None
        child.stdin.write("\n")
        child.stdin.flush()
        deadline = time.monotonic() + 60
        while not (out / ".0.journal").exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        child.kill()
    (again,) = together([start(0, *reversed(files), "--output-dir", out)])
    assert again == files[::-1]
    assert {path.name for path in out.iterdir()} == {INDEX, "0.txt", "1.txt", "2.txt"}
    assert set(json.loads((out / INDEX).read_text()).values()) == set(files)
