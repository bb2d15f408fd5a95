"""The report says what was found, and what was not; its files hold every run."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from specwhisper.evaluation import modes
from specwhisper.evaluation.common.document import write_document
from specwhisper.evaluation.common.machine import describe_machine
from specwhisper.evaluation.common.plan import Plan
from specwhisper.evaluation.common.tables import table
from specwhisper.evaluation.peers.ceilings import Ceilings
from specwhisper.evaluation.peers.findings import Floor, Report, Result, summarise
from specwhisper.evaluation.peers.floors import Work
from specwhisper.evaluation.peers.report import ceilings_text, peers_document
from specwhisper.weights.pairs import Pair
from tests.evaluation.made import clip_calls, heard


@pytest.fixture
def report() -> Report:
    pair = Pair("base", "tiny")
    clips = (clip_calls(0.3, 0.3, 0.6), clip_calls(0.3, 0.3, 0.3))
    floor = Floor("base", "fp32", Work(231_000_000, 87_000_000_000), 0.05, 0.06, 0.1)
    result = Result(pair, "SpecWhisper greedy", "fp32", clips, summarise(clips, clips), floor, 500_000_000)
    return Report(
        describe_machine(),
        Plan((pair,), ("fp32",), 3, 2, True, ("SpecWhisper greedy",)),
        Ceilings(2, 30e9, 28e9, 150e9),
        (floor,),
        (result,),
        {"whisper.cpp": "pip install it"},
        {("base+tiny", "faster-whisper", "fp32"): "it broke"},
        1,
    )


def test_the_ceilings_come_with_each_models_floor(report: Report) -> None:
    text = ceilings_text(report.ceilings, report.floors)
    assert "30.0 GB/s read" in text
    assert "| base | fp32      | 231 MB        | 50.00" in text


def test_the_ceilings_are_told_line_by_line(report: Report, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    def run_peers(study: object, on_ceilings: Callable[..., None]) -> Report:
        on_ceilings(report.ceilings, report.floors)
        return report

    monkeypatch.setattr("specwhisper.evaluation.peers.run.run_peers", run_peers)
    modes.MODES["peers"](SimpleNamespace(clips=[heard()]), None)  # type: ignore[arg-type]
    told = capsys.readouterr().err
    assert told.split() == ceilings_text(report.ceilings, report.floors).split()
    assert "\\" not in told


def test_the_table_holds_figures_and_shares_and_names_what_is_missing(report: Report) -> None:
    document = peers_document(report, [heard(), heard()])
    text = document.text
    row = next(line for line in text.splitlines() if "SpecWhisper greedy" in line)
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells == [
        "SpecWhisper greedy", "fp32", "100.00", "50%", "0.200", "50%", "0.510", "0.510", "0.00%", "2 of 2",
        "500",
    ]  # fmt: skip
    assert "whisper.cpp: not installed: `pip install it`" in text
    assert "faster-whisper, fp32: left out: it broke" in text
    assert "3 rounds" in document.lead
    assert document.failures == 1


def test_files_hold_every_run(report: Report, tmp_path: Path) -> None:
    files = write_document(peers_document(report, [heard()]), {"samples": 2}, tmp_path)
    assert [file.name for file in files] == ["results.json", "report.md", "report.html", "clips.csv"]
    data = json.loads((tmp_path / "results.json").read_text())
    assert data["options"] == {"samples": 2}
    runs = data["results"][0]["clips"][0]["runs"]
    assert [run["decode"] for run in runs] == [0.3, 0.3, 0.6]
    lines = list(csv.DictReader(io.StringIO((tmp_path / "clips.csv").read_text())))
    assert [line["decode_s"] for line in lines] == ["0.30000", "0.30000"]
    assert lines[0]["reference"] == "Hello there."


def test_columns_line_up() -> None:
    lines = table(("a", "long heading"), [("longer", "b")]).splitlines()
    assert len({len(line) for line in lines}) == 1
