"""Figures: what each cell and bar says, and that no transcript can break them."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from specwhisper.output.acceptance import cells
from specwhisper.output.describe import describe
from specwhisper.output.figures import acceptance_heatmap, timing_bars, tokens_over_time
from specwhisper.output.figures_acceptance import MAX_PIXELS, ORDER
from specwhisper.output.figures_timing import seconds, stages, timeline
from specwhisper.output.palette import STAGE_LABELS, VERDICT_COLOURS, VERDICT_LABELS
from specwhisper.results import Comparison, Cycle, Speedup
from specwhisper.ui.render import numbers_html
from tests.ui.comparisons import HOSTILE, make_comparison

NAMES = {1: " the", 2: " sun", 3: " son", 4: "<b>", 5: " rises"}
FIGURES = (acceptance_heatmap, timing_bars, tokens_over_time)


def with_cycles(cycles: tuple[Cycle, ...]) -> Comparison:
    comparison = make_comparison()
    stats = replace(comparison.speculative.stats, cycles=cycles)
    return replace(
        comparison, speculative=replace(comparison.speculative, stats=stats, token_text=dict(NAMES))
    )


def test_a_cycle_becomes_a_row() -> None:
    row = cells(Cycle((1, 2, 5), 1, 3, (0.9, 0.4, 0.8)), 7, 4, NAMES)
    assert [cell.verdict for cell in row] == ["accepted", "rejected", "unchecked", "absent", "correction"]
    assert row[0].told == ("Cycle 7, position 1", "“ the”, draft 90% sure", "Accepted")
    assert row[1].told == (
        "Cycle 7, position 2", "“ sun”, draft 40% sure", "Rejected: main wrote “ son”",
    )  # fmt: skip
    assert "Not checked" in row[2].told[-1]
    assert row[4].told == ("Cycle 7", "“ son”", "Correction")


def test_a_whole_proposal_earns_a_bonus() -> None:
    row = cells(Cycle((1, 2), 2, 5, (0.9, 0.9)), 1, 2, NAMES)
    assert [cell.verdict for cell in row] == ["accepted", "accepted", "bonus"]


def test_the_end_needs_no_token_of_mains_own() -> None:
    row = cells(Cycle((1, 2), 2, None), 1, 2, NAMES)
    assert row[-1].verdict == "absent"
    assert "ended" in row[-1].told[-1]


def test_probabilities_may_be_missing_and_tokens_unknown() -> None:
    row = cells(Cycle((1, 99), 1, 3), 1, 2, NAMES)
    assert row[1].told == ("Cycle 1, position 2", "“token 99”", "Rejected: main wrote “ son”")


def test_a_silent_draft_is_said_to_be_so() -> None:
    quiet = with_cycles((Cycle((), 0, 1), Cycle((), 0, 2)))
    spent = replace(quiet.speculative.stats.seconds, encode_draft=0.0)
    stats = replace(quiet.speculative.stats, seconds=spent)
    assert stats.silent
    quiet = replace(quiet, speculative=replace(quiet.speculative, stats=stats))
    assert "kept silent" in acceptance_heatmap(quiet).to_json()
    assert "kept silent" in describe("clip.wav", quiet)
    assert "nothing drafted" in numbers_html(quiet)
    assert not make_comparison().speculative.stats.silent


def test_text_cannot_become_markup() -> None:
    row = acceptance_heatmap(with_cycles((Cycle((4, 2), 2, 4, (0.5, 0.5)),))).data[0].hovertext[0]
    assert "“&lt;b&gt;”" in row[0]
    assert "“&lt;b&gt;”" in row[-1]
    for figure in FIGURES:
        written = figure(make_comparison(HOSTILE)).to_json()
        assert "<script" not in written
        assert "<b>bold" not in written


def test_the_heatmap_matches_the_cycles() -> None:
    cycles = (Cycle((1, 2, 5), 1, 3, (0.9, 0.4, 0.8)), Cycle((1,), 1, 5, (0.7,)))
    figure = acceptance_heatmap(with_cycles(cycles))
    heatmap = figure.data[0]
    drawn = [[None if z is None else ORDER[z] for z in row] for row in heatmap.z]
    assert drawn == [
        ["accepted", "rejected", "unchecked", None, "correction"],
        ["accepted", "absent", "absent", None, "bonus"],
    ]
    assert len(heatmap.x) == 6
    assert len(heatmap.y) == 3
    assert list(figure.layout.yaxis.range) == [2.5, 0.5], "cycles run from top to bottom"
    assert figure.layout.title.text == "50% of drafted tokens accepted"
    assert "2.0 tokens per cycle, 2 cycles" in figure.layout.title.subtitle.text


def test_every_category_is_in_the_legend_with_its_own_colour() -> None:
    figure = acceptance_heatmap(make_comparison())
    legend = {trace.name: trace.marker.color for trace in figure.data[1:]}
    assert legend == {VERDICT_LABELS[verdict]: VERDICT_COLOURS[verdict] for verdict in ORDER}
    assert len(set(legend.values())) == len(ORDER)


def test_windows_are_set_apart() -> None:
    assert len(acceptance_heatmap(make_comparison(repeat=3)).layout.shapes) == 2


@pytest.mark.parametrize("figure", FIGURES)
def test_silence_is_a_figure_that_says_so(figure) -> None:
    drawn = figure(make_comparison("", duration=0.0))
    assert drawn.layout.title.text
    json.loads(drawn.to_json())


@pytest.mark.parametrize("figure", FIGURES)
def test_no_cycles_at_all(figure) -> None:
    empty = with_cycles(())
    baseline = replace(empty.baseline, stats=replace(empty.baseline.stats, cycles=()))
    json.loads(figure(replace(empty, baseline=baseline, speedup=Speedup(1.0, 1.0))).to_json())


def test_one_cycle() -> None:
    figure = acceptance_heatmap(with_cycles((Cycle((1, 2), 2, None, (0.9, 0.9)),)))
    assert figure.layout.title.subtitle.text.endswith("1 cycle from top to bottom")


def test_hundreds_of_cycles_still_fit() -> None:
    comparison = make_comparison(repeat=40)
    assert len(comparison.speculative.stats.cycles) > 300
    figure = acceptance_heatmap(comparison)
    assert figure.layout.height <= MAX_PIXELS + 200
    assert figure.data[0].text is None, "rows this thin carry no words"
    assert len(figure.to_json()) < 2_000_000


def test_figures_suit_any_page() -> None:
    for figure in FIGURES:
        layout = figure(make_comparison()).layout
        assert layout.paper_bgcolor == layout.plot_bgcolor == "rgba(0,0,0,0)"


def test_bars_add_up_to_the_totals() -> None:
    comparison = make_comparison()
    figure = timing_bars(comparison)
    drawn, alone = (sum(trace.x[row] for trace in figure.data) for row in (0, 1))
    assert drawn == pytest.approx(comparison.speculative.stats.seconds.total)
    assert alone == pytest.approx(comparison.baseline.stats.seconds.total)
    assert [trace.name for trace in figure.data] == list(STAGE_LABELS.values())
    assert set(stages(comparison.baseline.stats.seconds)) == set(STAGE_LABELS)


@pytest.mark.parametrize(("speed", "word"), [(1.4, "faster"), (0.7, "slower")])
def test_the_title_says_the_finding(speed: float, word: str) -> None:
    title = timing_bars(make_comparison(speed=speed)).layout.title
    assert f"× {word}" in title.text
    assert f"× {word}" in title.subtitle.text


def test_tokens_over_time_ends_where_decoding_ended() -> None:
    comparison = make_comparison()
    alone, drafted = tokens_over_time(comparison).data
    assert alone.x[-1] == pytest.approx(comparison.baseline.stats.seconds.decode)
    assert drafted.x[-1] == pytest.approx(comparison.speculative.stats.seconds.decode)
    assert alone.y[-1] == comparison.baseline.stats.tokens
    assert drafted.line.shape == "hv", "a verified draft arrives all at once"
    assert timeline(comparison.baseline.stats)[0][0] == 0


@pytest.mark.parametrize(
    ("value", "shown"), [(0, "0 ms"), (0.034, "34 ms"), (0.5, "0.50 s"), (12.34, "12.3 s")]
)
def test_seconds(value: float, shown: str) -> None:
    assert seconds(value) == shown
