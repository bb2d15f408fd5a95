"""The command line as people use it: its output, its exit status.

What only a process of its own can show (its streams, its imports) is run as one; the rest is called, which
spares a start of Python and of its libraries each time.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from specwhisper.cli import main
from specwhisper.cli.output_index import output_names
from tests.clips import ENGLISH, SECOND, path_of
from tests.marks import EXHAUSTIVE

ROOT = Path(__file__).parents[2]


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "specwhisper", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Callable[..., subprocess.CompletedProcess[str]]:
    """The same as :func:`run`, in this process."""

    def called(*arguments: object) -> subprocess.CompletedProcess[str]:
        words = [*map(str, arguments)]
        try:
            status = main(words)
        except SystemExit as stopped:  # argparse's own complaints
            status = int(stopped.code or 0)
        return subprocess.CompletedProcess(words, status, *capsys.readouterr())

    return called


def one_line(text: str) -> str:
    """The complaint, checked to be one line without a traceback."""
    lines = [line for line in text.splitlines() if line.strip()]
    assert len(lines) == 1, text
    assert lines[0].startswith("specwhisper: ")
    return lines[0]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "COMMAND"),
        (["sing"], "invalid choice"),
        (["transcribe"], "FILE"),
        (["transcribe", "a.wav", "--language", "klingon"], "Unknown language"),
        (["transcribe", "a.wav", "--lookahead", "0"], "Lookahead 0"),
        (["transcribe", __file__, "--device", "cpu:7"], "only one CPU"),
        (["transcribe", "a.wav", "--lookahead", "few"], "--lookahead"),
        (["transcribe", "a.wav", "--temperature", "3"], "Temperature 3"),
        (["transcribe", "a.wav", "--seed", "-1"], "Seed -1"),
        (["transcribe", "a.wav", "--beams", "9"], "9 beams"),
        (["transcribe", "a.wav", "--beams", "2", "--patience", "0"], "Patience 0"),
        (["transcribe", "a.wav", "--length-penalty", "2"], "belong to beam search"),
        (["transcribe", "a.wav", "--batch-size", "65"], "Batch size 65"),
        (["transcribe", "a.wav", "--pair", "base+base"], "must be a smaller model"),
        (["transcribe", "a.wav", "--pair", "bass+tiny"], "base"),
        (["transcribe", __file__, "--device", "abacus"], "Unknown device"),
        (["compare", "a.wav", "--pair", "base"], "no draft"),
        (["fetch", "nonsense"], "nonsense"),
        (["vocabulary", "tiny", "bass"], "did you mean base"),
        (["vocabulary", "tiny", "base", "--token", "99999"], "the last one is 51,864"),
    ],
)
def test_wrong_usage_exits_2_with_one_line(call, arguments: list[str], words: str) -> None:
    done = call(*arguments)
    assert done.returncode == 2
    assert words in one_line(done.stderr)
    assert done.stdout == ""


def test_help_needs_no_torch() -> None:
    code = "import sys; from specwhisper import cli; cli.build_parser(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_pairs_lists_every_promised_pair() -> None:
    states = json.loads(run("pairs", "--json").stdout)
    assert {"base+tiny", "large-v2+tiny", "large-v2+distil-large-v2", "large-v3+tiny"} <= {
        state["name"] for state in states
    }
    assert {state["state"] for state in states} <= {"ready", "can be fetched", "unavailable"}


def test_vocabulary_compares_two_models(call) -> None:
    done = call("vocabulary", "tiny", "large-v3", "--token", "<|nospeech|>", "--json")
    seen = json.loads(done.stdout)
    assert (seen["identical"], seen["shifted"], seen["only_target"]) == (50_358, 1_507, ["<|yue|>"])
    assert seen["lookup"]["target"]["tokens"] == [{"id": 50_363, "text": "<|nospeech|>"}]
    assert "as bytes" in call("vocabulary", "tiny.en", "base").stdout


@pytest.mark.weights
def test_transcribe_prints_the_text_and_nothing_else(real_weights) -> None:
    real_weights("tiny")
    done = run("transcribe", path_of(ENGLISH), "--pair", "tiny")
    assert done.returncode == 0
    # A load of over four seconds, on a slow or busy machine, tells of itself.
    assert all(line.startswith("loading: ") for line in done.stderr.splitlines()), done.stderr
    assert ENGLISH.phrase in done.stdout.lower()


@EXHAUSTIVE
@pytest.mark.weights
def test_compare_chooses_among_the_languages_that_are_named(call, real_weights) -> None:
    real_weights("base")
    real_weights("tiny")
    done = call("compare", path_of(ENGLISH), "--pair", "base+tiny", "--json", "--languages", "nl,de")
    assert done.returncode == 0
    assert json.loads(done.stdout)["speculative"]["language"] in ("nl", "de")


@pytest.mark.weights
def test_compare_json_goes_to_standard_output_alone(call, real_weights) -> None:
    real_weights("base")
    real_weights("tiny")
    done = call("compare", path_of(ENGLISH), "--pair", "base+tiny", "--json", "--lookahead", "4")
    result = json.loads(done.stdout)
    assert done.returncode == 0
    assert result["identical"] is True
    assert result["baseline"]["tokens"] == result["speculative"]["tokens"]
    assert result["speculative"]["stats"]["tokens_per_cycle"] > 1


@pytest.mark.weights
def test_a_bad_file_never_stops_the_good_ones(call, real_weights, tmp_path: Path) -> None:
    real_weights("tiny")
    broken = tmp_path / "notes.txt"
    broken.write_text("these are not sounds")
    out = tmp_path / "out"
    done = call(
        "transcribe", broken, path_of(ENGLISH), tmp_path / "gone.wav", path_of(SECOND),
        "--pair", "tiny", "--output-dir", out, "--output-format", "json",
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stdout == ""
    complaints = [line for line in done.stderr.splitlines() if line.startswith("specwhisper: ")]
    assert len(complaints) == 2
    assert "notes.txt" in complaints[0]
    assert "gone.wav" in complaints[1]
    written = sorted(path.name for path in out.glob("[!.]*"))
    assert written == sorted(f"{path_of(clip).stem}.json" for clip in (ENGLISH, SECOND))
    assert ENGLISH.phrase in json.loads((out / f"{path_of(ENGLISH).stem}.json").read_text())["text"].lower()


@pytest.mark.weights
def test_json_of_several_files_is_one_array_with_the_errors_in_it(call, real_weights, tmp_path: Path) -> None:
    real_weights("tiny")
    empty = tmp_path / "empty.wav"
    empty.touch()
    done = call("transcribe", empty, path_of(ENGLISH), "--pair", "tiny", "--output-format", "json")
    first, second = json.loads(done.stdout)
    assert done.returncode == 1
    assert "error" in first
    assert ENGLISH.phrase in second["text"].lower()


def test_two_inputs_never_share_an_output(tmp_path: Path) -> None:
    files = ["s1/a.flac", "s2/a.flac", "s1/a.wav", "s3/A.FLAC", "a.flac.txt", "b.mp3"]
    names = output_names(files, tmp_path, ["txt"])
    assert len({name.casefold() for name in names.values()}) == len(files)
    assert names["b.mp3"] == "b"
    assert names["s1/a.wav"] == "a.wav"


def test_an_output_never_replaces_an_input(tmp_path: Path) -> None:
    (file,) = names = output_names([str(tmp_path / "talk.txt")], tmp_path, ["srt", "txt"])
    assert names[file] == "talk.txt"


@pytest.mark.parametrize("folder", ["a-file", "a-file/below"])
def test_an_impossible_output_folder_is_refused_before_any_work(call, tmp_path: Path, folder: str) -> None:
    (tmp_path / "a-file").touch()
    done = call("transcribe", path_of(ENGLISH), "--output-dir", tmp_path / folder)
    assert done.returncode == 2
    assert "--output-dir" in one_line(done.stderr)


def test_missing_files_are_named_without_loading_a_model(tmp_path: Path) -> None:
    done = run("transcribe", tmp_path / "no\nsuch\x1b[31mfile.wav", "--pair", "large-v3+tiny")
    assert done.returncode == 1
    assert "does not exist" in one_line(done.stderr)
    assert "\x1b" not in done.stderr


@pytest.mark.weights
def test_a_reader_that_goes_away_is_no_fault_of_a_file(real_weights) -> None:
    real_weights("tiny")
    command = [sys.executable, "-m", "specwhisper", "transcribe", path_of(ENGLISH), path_of(SECOND)]
    with subprocess.Popen(
        [*map(str, command), "--pair", "tiny"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        child.stdout.readline()
        child.stdout.close()
        errors = child.stderr.read()
    assert "Broken pipe" not in errors
