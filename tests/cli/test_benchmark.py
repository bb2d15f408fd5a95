"""Wrong options are one line and status 2, before any model is loaded; a run prints its report."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from specwhisper.cli import benchmark as command
from specwhisper.cli import main
from specwhisper.evaluation import modes, options
from specwhisper.evaluation.common.ledger import Ledger
from specwhisper.evaluation.peers.engines import catalogue
from tests.clips import SHORT, SHORTEST, path_of
from tests.marks import EXHAUSTIVE


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    line = {"audio": str(path_of(SHORT)), "text": SHORT.phrase, "language": "en"}
    (tmp_path / "manifest.jsonl").write_text(json.dumps(line))
    return tmp_path


def benchmark(dataset: Path, *options: object) -> int:
    return main(["benchmark", "--dataset", str(dataset), *map(str, options)])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--pairs", "bass+tiny"], "base"),
        (["--pairs", "tiny"], "no draft"),
        (["--mode", "v3", "--pairs", "base+tiny"], "one version"),
        (["--mode", "drafts", "--pairs", "tiny"], "No smaller model"),
        (["--mode", "beam", "--beams", "1"], "--beams 1"),
        (["--mode", "beam", "--beams", "99"], "99"),
        (["--precision", "fp16"], "fp16"),
        (["compare"], "benchmark compare FOLDER FOLDER"),
        (["compare", "nowhere", "neither"], "cannot be read"),
        (["nonsense", "a", "b"], "benchmark compare FOLDER FOLDER"),
        (["--pairs", ","], "--pairs names nothing"),
        (["--pairs", ""], "--pairs names nothing"),
        (["--mode", "peers", "--engines", ""], "--engines names nothing"),
        (["--precision", "fp32,fp99"], "Unknown precision 'fp99'"),
        (["--rounds", "0"], "0 rounds"),
        (["--mode", "peers", "--engines", "faster,moon"], "No engine is called 'moon'"),
        (["--mode", "batch", "--batch-sizes", "2,x"], "--batch-sizes x"),
        (["--mode", "batch", "--batch-sizes", "0"], "0"),
        (["--mode", "batch", "--pairs", "tiny"], "no draft"),
        (["--mode", "lookahead", "--pairs", "tiny"], "no draft"),
        (["--mode", "scaling", "--pairs", "tiny"], "no draft"),
        (["--mode", "scaling", "--lengths", "0"], "--lengths 0"),
        (["--mode", "scaling", "--lengths", "ten"], "--lengths ten"),
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
    line = {"audio": str(path_of(SHORT)), "text": "hallo", "language": "nl"}
    (dataset / "manifest.jsonl").write_text(json.dumps(line))
    assert benchmark(dataset, "--pairs", "base.en+tiny.en") == 2
    assert "base.en knows only English" in capsys.readouterr().err


def test_unknown_modes_are_wrong_usage(dataset: Path, capsys) -> None:
    with pytest.raises(SystemExit) as stopped:
        benchmark(dataset, "--mode", "moon")
    assert stopped.value.code == 2
    assert "invalid choice" in capsys.readouterr().err


def test_the_precisions_are_those_of_the_engines() -> None:
    assert set(options.PRECISIONS) >= {each for kind in catalogue.KINDS for each in kind.precisions}


def test_the_modes_of_the_help_are_those_there_are() -> None:
    assert list(command.MODES) == list(modes.MODES)


@pytest.mark.weights
def test_a_run_measures_prints_and_writes(real_weights, dataset: Path, capsys, monkeypatch) -> None:
    real_weights("tiny")
    # Ours alone: the peers have tests of their own, and need not be here.
    only = tuple(kind for kind in catalogue.KINDS if kind.name == catalogue.BASELINE)
    missing = catalogue.Kind("moon", ("fp32",), only[0].build, "no-such-package", "no-such-package==1")
    for module in ("peers.run", "peers.engines.catalogue"):
        monkeypatch.setattr(f"specwhisper.evaluation.{module}.KINDS", (*only, missing))
    out = dataset / "out"
    options = "--mode", "peers", "--pairs", "tiny", "--rounds", 1, "--threads", 1, "--output-dir", out
    assert benchmark(dataset, *options) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("### What this machine can do\n\nCeilings with 1 thread:")
    assert "moon: not installed: `pip install no-such-package==1" in printed
    (result,) = json.loads((out / "results.json").read_text())["results"]
    assert SHORT.phrase in result["clips"][0]["text"].lower()
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
    (dataset / "manifest.jsonl").write_text(f"{line}\n{line}")
    out, threads = dataset / "out", torch.get_num_threads()
    options = "--mode", "batch", "--batch-sizes", 2, "--rounds", 1, "--threads", 2, "--output-dir", out
    assert benchmark(dataset, *options) == 0
    assert torch.get_num_threads() == threads
    assert "### base+tiny, fp32" in capsys.readouterr().out
    one, two = json.loads((out / "results.json").read_text())["results"]
    assert (one["size"], two["size"]) == (1, 2)
    assert one["identical"] == two["identical"] == one["clips"] == 4
    (group,) = one["groups"]
    assert group["greedy"][0]["decode"] > 0
    assert group["greedy"][0]["cycles"] > group["speculative"][0]["cycles"]
    assert (out / "report.md").read_text().startswith("# SpecWhisper in batches")
    assert one["wer"] == two["wer"] > 0
    rows = list(csv.DictReader((out / "clips.csv").open(encoding="utf-8")))
    assert [row["batch"] for row in rows] == ["1"] * 4 + ["2"] * 4
    assert {row["text"] for row in rows} == {group["speculative"][0]["texts"][0]}


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


@pytest.mark.weights
def test_a_run_of_scaling_measures_lengths_and_batches(real_weights, dataset: Path, capsys) -> None:
    real_weights("base")
    real_weights("tiny")
    out = dataset / "out"
    sizes = "--lengths", "2,6", "--batch-sizes", 2
    assert benchmark(dataset, "--mode", "scaling", *sizes, "--rounds", 1, "--output-dir", out) == 0
    assert "### base+tiny, fp32: length of the recording" in capsys.readouterr().out
    (result,) = json.loads((out / "results.json").read_text())["results"]
    assert [length["seconds"] for length in result["lengths"]] == [2, 6]
    assert all(length["identical"] for length in result["lengths"])
    assert result["footprint"]["main"]["parameters"] == 72_593_920
    assert list(result["batches"]) == ["1", "2"]
    assert "<script" in (out / "report.html").read_text()


def three_clips(dataset: Path) -> None:
    third = dataset / "third.flac"
    third.write_bytes(path_of(SHORTEST).read_bytes())
    sounds = (path_of(SHORT), path_of(SHORTEST), third)
    lines = [{"audio": str(sound), "text": SHORT.phrase, "language": "en"} for sound in sounds]
    (dataset / "manifest.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


@pytest.mark.weights
def test_a_benchmark_that_is_killed_goes_on_without_losing_or_repeating_a_call(
    real_weights, dataset: Path, capsys, monkeypatch
) -> None:
    from specwhisper.evaluation.pairs import run as variants_run

    real_weights("base")
    real_weights("tiny")
    three_clips(dataset)
    calls: list[tuple[str, bool]] = []
    write = variants_run._write

    def counted(turn, heard, options):
        if len(calls) == 2 + 3 and ("killed", True) not in calls:  # two to warm up, one clip and a half
            calls.append(("killed", True))
            raise KeyboardInterrupt
        calls.append((heard.clip.name, options["speculative"]))
        return write(turn, heard, options)

    monkeypatch.setattr(variants_run, "_write", counted)
    out = dataset / "out"
    options = "--pairs", "base+tiny", "--rounds", 1, "--output-dir", out
    assert benchmark(dataset, *options) == 130
    assert not (out / "results.json").exists()
    assert benchmark(dataset, *options) == 0
    assert "Going on" in capsys.readouterr().err
    measured = [*calls[2:6], *calls[8:]]  # the pair was warmed up twice
    assert len(measured) == len(set(measured)) == 3 * 2 + 1  # three clips both ways, and the kill
    first = json.loads((out / "results.json").read_text())["results"]
    assert benchmark(dataset, *options) == 0  # everything is there: nothing is loaded
    assert json.loads((out / "results.json").read_text())["results"] == first
    (result,) = first
    greedy, speculative = result["ways"]
    assert (greedy["name"], speculative["name"]) == ("greedy", "speculative")
    assert speculative["identical"] == result["clips"] == 3
    assert greedy["wer"] == speculative["wer"]
    assert speculative["tokens_per_cycle"] >= greedy["tokens_per_cycle"] == 1
    assert len((out / "clips.csv").read_text().splitlines()) >= 1 + 2 * 3


@pytest.mark.weights
@pytest.mark.parametrize(
    "options",
    [
        ("--mode", "lookahead", "--precision", "int8"),
        ("--mode", "scaling", "--lengths", "2,3", "--batch-sizes", "1"),
        pytest.param(("--mode", "batch", "--batch-sizes", "1"), marks=EXHAUSTIVE),
    ],
)
def test_studies_go_on_from_what_they_have(
    real_weights, dataset: Path, options: tuple[str, ...], capsys, monkeypatch
) -> None:
    real_weights("base")
    real_weights("tiny")
    three_clips(dataset)
    out = dataset / "out"
    options = *options, "--pairs", "base+tiny", "--rounds", "1", "--samples", "2", "--output-dir", str(out)
    once, calls = Ledger.once, 0

    def counted(ledger: Ledger, key: str, kind: type, make: Callable[[], object]) -> object:
        def measured() -> object:
            nonlocal calls
            calls += 1
            if calls == 2:
                raise KeyboardInterrupt
            return make()

        return once(ledger, key, kind, measured)

    monkeypatch.setattr(Ledger, "once", counted)
    assert benchmark(dataset, *options) == 130
    whole = len((out / "records.jsonl").read_text().splitlines())
    assert benchmark(dataset, *options) == 0
    assert "Going on" in capsys.readouterr().err
    records = (out / "records.jsonl").read_text().splitlines()
    assert len(records) == len({json.loads(line).get("key") for line in records}) > whole == 2
    first = json.loads((out / "results.json").read_text())["results"]
    calls = 10**6

    def never(*arguments: object, **options: object) -> None:
        raise AssertionError("loaded although everything is there")

    monkeypatch.setattr("specwhisper.transcription.loading.load", never)
    assert benchmark(dataset, *options) == 0
    assert json.loads((out / "results.json").read_text())["results"] == first
    assert calls == 10**6
    assert main(["benchmark", "compare", str(out), str(out)]) == 0
    assert "| base+tiny | " in capsys.readouterr().out


@pytest.mark.weights
@pytest.mark.parametrize(
    ("options", "found"),
    [
        (("--mode", "beam", "--beams", "2"), "beam 2"),
        (("--mode", "drafts", "--pairs", "base+tiny"), "### Which draft"),
        (("--precision", "int8"), "| base+tiny | int8"),
    ],
)
def test_modes_of_pairs_print_their_tables(real_weights, dataset: Path, options, found: str, capsys) -> None:
    real_weights("base")
    real_weights("tiny")
    assert benchmark(dataset, *options, "--rounds", 1) == 0
    printed = capsys.readouterr().out
    assert found in printed
    assert "1 of 1" in printed


@pytest.mark.weights
def test_versions_differ_in_a_v3_run(real_weights, dataset: Path, tmp_path: Path, capsys) -> None:
    from tests.standins import with_cantonese

    base = with_cantonese(real_weights("base"), tmp_path / "base-v3")
    real_weights("tiny")
    assert benchmark(dataset, "--mode", "v3", "--pairs", f"{base}+tiny", "--rounds", 1) == 0
    assert "51,866 / 51,865" in capsys.readouterr().out
