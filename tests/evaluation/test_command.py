"""Wrong options are one line and status 2, before any model is loaded; a run prints its report."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from specwhisper.cli import main
from specwhisper.evaluation import command
from specwhisper.evaluation.peers import catalogue
from tests.clips import ENGLISH, path_of


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    line = {"audio": str(path_of(ENGLISH)), "text": ENGLISH.phrase, "language": "en"}
    (tmp_path / "manifest.jsonl").write_text(json.dumps(line))
    return tmp_path


def benchmark(dataset: Path, *options: object) -> int:
    return main(["benchmark", "--dataset", str(dataset), *map(str, options)])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--pairs", "bass+tiny"], "base"),
        (["--pairs", ","], "--pairs names nothing"),
        (["--precision", "fp32,fp99"], "Unknown precision 'fp99'"),
        (["--rounds", "0"], "0 rounds"),
        (["--engines", "faster,moon"], "No engine is called 'moon'"),
        (["--mode", "batch", "--batch-sizes", "2,x"], "--batch-sizes x"),
        (["--mode", "batch", "--batch-sizes", "0"], "0"),
        (["--mode", "batch", "--pairs", "tiny"], "no draft"),
        (["--mode", "lookahead", "--pairs", "tiny"], "no draft"),
        (["--samples", "0"], "0 samples"),
        (["--threads", "0"], "0 threads"),
        (["--threads", "99999"], "99999 threads"),
        (["--output-dir", f"{__file__}/below"], "--output-dir"),
    ],
)
def test_wrong_options_are_one_line(dataset: Path, options: list[str], words: str, capsys) -> None:
    assert benchmark(dataset, *options) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert words in printed.err


def test_english_models_refuse_other_languages(dataset: Path, capsys) -> None:
    line = {"audio": str(path_of(ENGLISH)), "text": "hallo", "language": "nl"}
    (dataset / "manifest.jsonl").write_text(json.dumps(line))
    assert benchmark(dataset, "--pairs", "base.en+tiny.en") == 2
    assert "base.en knows only English" in capsys.readouterr().err


def test_unknown_modes_are_wrong_usage(dataset: Path, capsys) -> None:
    with pytest.raises(SystemExit) as stopped:
        benchmark(dataset, "--mode", "moon")
    assert stopped.value.code == 2
    assert "invalid choice" in capsys.readouterr().err


def test_the_precisions_are_those_of_the_engines() -> None:
    assert command.PRECISIONS == catalogue.PRECISIONS


@pytest.mark.weights
def test_a_run_measures_prints_and_writes(real_weights, dataset: Path, capsys, monkeypatch) -> None:
    real_weights("tiny")
    # Ours alone: the peers have tests of their own, and need not be here.
    only = tuple(kind for kind in catalogue.KINDS if kind.name == catalogue.BASELINE)
    missing = catalogue.Kind("moon", ("fp32",), only[0].build, "no-such-package", "no-such-package==1")
    for module in ("peers_run", "peers.catalogue"):
        monkeypatch.setattr(f"specwhisper.evaluation.{module}.KINDS", (*only, missing))
    out = dataset / "out"
    assert benchmark(dataset, "--pairs", "tiny", "--rounds", 1, "--threads", 1, "--output-dir", out) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("Ceilings with 1 thread:")
    assert "moon: not installed: `pip install no-such-package==1" in printed
    (result,) = json.loads((out / "results.json").read_text())["results"]
    assert ENGLISH.phrase in result["clips"][0]["text"].lower()
    assert result["summary"]["identical"] == 1
    assert (out / "report.md").read_text().startswith("# SpecWhisper and its peers")


def test_engines_are_chosen_by_how_their_names_begin() -> None:
    assert catalogue.chosen_engines(("faster", "SPECwhisper")) == (
        "SpecWhisper greedy",
        "SpecWhisper speculative",
        "faster-whisper",
    )
    assert catalogue.chosen_engines(()) == tuple(kind.name for kind in catalogue.KINDS)


@pytest.mark.weights
def test_a_run_of_batches_compares_every_size_with_single_runs(real_weights, dataset: Path, capsys) -> None:
    real_weights("base")
    real_weights("tiny")
    line = (dataset / "manifest.jsonl").read_text()
    (dataset / "manifest.jsonl").write_text(f"{line}\n{line}\n{line}")
    out = dataset / "out"
    assert benchmark(dataset, "--mode", "batch", "--batch-sizes", 2, "--rounds", 1, "--output-dir", out) == 0
    assert "### base+tiny, fp32" in capsys.readouterr().out
    one, two = json.loads((out / "results.json").read_text())["results"]
    assert (one["size"], two["size"]) == (1, 2)
    assert one["identical"] == two["identical"] == one["clips"] == 6
    assert one["greedy"][0]["decode"] > 0
    assert one["greedy"][0]["cycles"] > one["speculative"][0]["cycles"]
    assert (out / "report.md").read_text().startswith("# SpecWhisper in batches")


@pytest.mark.weights
def test_a_run_of_lookaheads_compares_every_one_with_greedy(real_weights, dataset: Path, capsys) -> None:
    real_weights("base")
    real_weights("tiny")
    out = dataset / "out"
    options = "--mode", "lookahead", "--precision", "int8", "--rounds", 2, "--output-dir", out
    assert benchmark(dataset, *options) == 0
    assert "### base+tiny, int8, windows: 1" in capsys.readouterr().out
    (result,) = json.loads((out / "results.json").read_text())["results"]
    assert result["identical"] == result["decodes"] == 2 * 8
    greedy, auto, two, *_ = result["policies"]
    assert greedy["cycles"] == greedy["tokens"] == auto["tokens"] == two["tokens"]
    assert two["cycles"] < greedy["cycles"]
    assert (out / "report.md").read_text().startswith("# SpecWhisper's lookahead")
