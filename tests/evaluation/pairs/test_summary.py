"""Summaries add up clips; two runs can be laid side by side."""

from __future__ import annotations

from pathlib import Path

import pytest

from specwhisper.errors import OptionError
from specwhisper.evaluation.common.calls import Call
from specwhisper.evaluation.common.dataset import LoadedClip
from specwhisper.evaluation.common.document import Document, write_document
from specwhisper.evaluation.common.footprint import Footprint, Size
from specwhisper.evaluation.common.plan import Plan
from specwhisper.evaluation.common.rounds import Found
from specwhisper.evaluation.compare_runs import compare_folders
from specwhisper.evaluation.pairs.report import pairs_document
from specwhisper.evaluation.pairs.run import ClipFound, PairFound
from specwhisper.evaluation.pairs.summary import agreeing, summarise
from specwhisper.weights.pairs import Pair
from tests.evaluation.made import clip, heard

FOOTPRINT = Footprint(Size("base", 100, 400), Size("tiny", 40, 50), 40, False, (51_865, 51_865), (80, 80))


def calls(text: str, tokens: tuple[int, ...], decode: float, *, cycles: int, accepted: int = 0) -> list[Call]:
    drafted = 2 * accepted
    return 2 * [
        Call(
            text=text,
            tokens=tokens,
            decided=len(tokens) + 1,
            features=0.1,
            encode=0.2,
            decode=decode,
            total=decode + 0.3,
            cycles=cycles,
            drafted=drafted,
            accepted=accepted,
            places=((accepted, accepted),) if accepted else (),
            kinds={"word start": (drafted, accepted)} if accepted else {},
        )
    ]


def found(
    name: str = "a", text: str = "Hello Mister there", tokens: tuple[int, ...] = (1, 2, 3)
) -> ClipFound:
    ways = {
        "greedy": calls(text, tokens, 0.4, cycles=4),
        "speculative": calls(text, tokens, 0.2, cycles=2, accepted=2),
    }
    order = [("greedy", "speculative"), ("speculative", "greedy")]
    return Found(LoadedClip(clip(name, "Hello, Mr. there!"), heard(seconds=2.0).waveform), order, ways)


def pair(*clips: ClipFound) -> PairFound:
    return PairFound("base+tiny", "fp32", FOOTPRINT, list(clips))


def document(*clips: ClipFound) -> Document:
    plan = Plan((Pair("base", "tiny"),), ("fp32",), 2, 2, False, ())
    return pairs_document("Test", plan, [heard()], [pair(*clips)], ranked=True)


def test_figures_are_over_all_clips() -> None:
    one = summarise(pair(found(), found("b", "Hello there")))
    way = one.way("speculative")
    assert way.wer is not None
    assert way.wer.value == pytest.approx(1 / 6)  # Whisper's normaliser knows that Mr. is mister
    assert way.exact == (1, 2)
    assert way.identical == 2
    assert way.decode_gain.value == pytest.approx(2.0)
    assert way.total_gain.value == pytest.approx(1.4)
    assert way.tokens_per_cycle == 2.0
    assert way.acceptance == 0.5
    assert way.places == ((4, 4),)
    assert way.ms_per_token == pytest.approx(50.0)
    assert one.way("greedy").acceptance is None


def test_tokens_agree_up_to_the_first_difference() -> None:
    assert agreeing((1, 2, 3), (1, 2, 4)) == 2
    assert agreeing((1, 2), (1, 2, 3)) == 2
    assert agreeing((), (1,)) == 0


def test_the_report_names_the_best_draft_and_has_a_row_per_clip_and_way(tmp_path: Path) -> None:
    made = document(found(), found("b"))
    assert "Use **base+tiny**: 1.40x" in made.text
    assert "40%" in made.text  # of main's parameters
    assert [row["clip"] for row in made.rows] == ["a", "a", "b", "b"]
    files = write_document(made, {"seed": 0}, tmp_path)
    assert {file.name for file in files} == {"results.json", "report.md", "report.html", "clips.csv"}
    page = (tmp_path / "report.html").read_text()
    assert page.count("<figure") == 4
    assert "http-equiv" not in page


def test_two_runs_are_laid_side_by_side(tmp_path: Path) -> None:
    for name, text in (("one", "Hello Mister there"), ("two", "Hello there")):
        write_document(document(found(text=text)), {"seed": 0, "rounds": len(text)}, tmp_path / name)
    compared = compare_folders(tmp_path / "one", tmp_path / "two")
    row = next(line for line in compared.splitlines() if "speculative" in line)
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[:5] == ["base+tiny", "fp32", "speculative", "0.00%", "33.33%"]
    assert cells[-1] == "no clear change"
    assert cells[-3:-1] == ["1.40x", "1.40x"]
    assert "--rounds: 18 | 11" in compared


def test_what_cannot_be_compared_is_said(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="cannot be read"):
        compare_folders(tmp_path, tmp_path)
    (tmp_path / "results.json").write_text("[]")
    with pytest.raises(OptionError, match="cannot be compared"):
        compare_folders(tmp_path, tmp_path)
    (tmp_path / "results.json").write_text('{"lines": [{"pair": "base+tiny"}]}')
    with pytest.raises(OptionError, match="cannot be compared"):
        compare_folders(tmp_path, tmp_path)
    (tmp_path / "results.json").write_text("nonsense")
    with pytest.raises(OptionError, match="no result of a benchmark"):
        compare_folders(tmp_path, tmp_path)
