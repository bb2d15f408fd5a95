"""The findings of modes speculative, beam and drafts as a report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from specwhisper.evaluation.common.calls import SPECULATIVE, on_clip
from specwhisper.evaluation.common.dataset import LoadedClip
from specwhisper.evaluation.common.document import Document, document_of
from specwhisper.evaluation.common.kinds import KINDS, Share
from specwhisper.evaluation.common.line import Line
from specwhisper.evaluation.common.plan import Plan
from specwhisper.evaluation.common.statistics import Estimate
from specwhisper.evaluation.common.tables import table
from specwhisper.evaluation.common.wer import errors_of
from specwhisper.evaluation.pairs.run import PairFound
from specwhisper.evaluation.pairs.summary import PairSummary, Way, summarise
from specwhisper.evaluation.pairs.verdict import seen_in_plot, verdict
from specwhisper.output.figures_benchmark import Axes, Series, bars, grid, points
from specwhisper.output.page import Section

_ACCURACY = (
    "pair", "precision", "way", "WER", "95%", "CER", "95%", "exact clips", "clips identical to greedy",
    "same tokens", "near ties",
)  # fmt: skip
_SPEED = (
    "pair", "precision", "way", "ms per token", "s per clip", "real-time factor", "decode", "95%",
    "whole clip", "95%", "tokens per cycle", "accepted",
)  # fmt: skip
_SIZES = (
    "pair", "precision", "main, parameters", "draft adds", "of main", "weights, MB", "draft adds, MB",
    "of main", "vocabularies", "mel bins",
)  # fmt: skip

NOTES = """
* Every clip was decoded in every way, alternating; the order is in `clips.csv`. Times are medians
  over the rounds, then sums over the clips; a first call of each way is not counted.
* *decode* and *whole clip*: how many times faster than main alone; the whole goes from samples to text.
* *95%*: percentile bootstrap over the clips.
* *clips identical to greedy*: those whose tokens are all those of main alone; *same tokens*: share of
  main's tokens before the first difference. *near ties*: rows that main decided again, two tokens being
  too close.
* WER and CER on normalised text (Whisper's English normaliser, for other languages its basic one).
* *accepted*: proposals that main accepted, of all there were. In the tables by position and kind: of those it
  looked at, which ends with the first one it refuses.
"""


def pairs_document(
    title: str,
    plan: Plan,
    clips: Sequence[LoadedClip],
    found: Sequence[PairFound],
    *,
    seed: int = 0,
    ranked: bool = False,
) -> Document:
    """The whole report.

    Args:
        seed: of the bootstrap.
        ranked: begin with the drafts from best to worst.
    """
    summaries = tuple(summarise(one, seed) for one in found)
    first: tuple[Section, ...] = (ranking_section(summaries),) if ranked else ()
    found_out = [sentence for one in summaries if (sentence := verdict(one))]
    if found_out:
        first = (Section("What was found", "\n".join(f"* {each}" for each in found_out)), *first)
    sections = (*first, *pair_sections(summaries))
    lines = (_line(one, way) for one in summaries for way in one.ways)
    return document_of(title, plan, clips, sections, summaries, lines, tuple(clip_rows(found)))


def _line(one: PairSummary, way: Way) -> Line:
    return Line(
        one.pair,
        one.precision,
        way.name,
        way.wer.value if way.wer else None,
        way.ms_per_token,
        way.decode_gain.value,
        way.total_gain.value,
        (way.total_gain.low, way.total_gain.high),
    )


def pair_sections(summaries: Sequence[PairSummary]) -> tuple[Section, ...]:
    """Accuracy, speed, acceptance, sizes."""
    sections = [
        Section("Accuracy", table(_ACCURACY, [_accuracy(one, way) for one in summaries for way in one.ways])),
        Section(
            "Speed",
            table(_SPEED, [_speed(one, way) for one in summaries for way in one.ways]),
            (_gains(summaries), _latency(summaries)),
        ),
    ]
    drafted = [(one, way) for one in summaries for way in one.ways if way.acceptance is not None]
    if drafted:
        sections.append(_acceptance(drafted))
    sections.append(Section("Size", table(_SIZES, [_size(one) for one in summaries])))
    return (*sections, Section("What the columns mean", NOTES))


def ranking_section(summaries: Sequence[PairSummary]) -> Section:
    """Drafts from the best to the worst, by the time of the whole clip."""
    ranked = sorted(summaries, key=lambda one: one.way(SPECULATIVE).total)
    headings = (
        "rank", "pair", "precision", "s per clip", "whole clip", "decode", "tokens per cycle", "accepted",
        "draft adds, MB",
    )  # fmt: skip
    rows = [
        (
            str(rank),
            one.pair,
            one.precision,
            f"{way.total:.3f}",
            f"{way.total_gain.value:.2f}x",
            f"{way.decode_gain.value:.2f}x",
            f"{way.tokens_per_cycle:.2f}",
            _percent(way.acceptance),
            f"{one.footprint.draft.weights / 1e6:.0f}" if one.footprint.draft else "",
        )
        for rank, one in enumerate(ranked, 1)
        for way in (one.way(SPECULATIVE),)
    ]
    best = ranked[0]
    gain = best.way(SPECULATIVE).total_gain
    verdict = (
        f"Use **{best.pair}**: {gain.value:.2f}x of main alone ({gain.low:.2f} to {gain.high:.2f})."
        if gain.value > 1
        else f"No draft pays here: the best, {best.pair}, is at {gain.value:.2f}x of main alone."
    )
    return Section("Which draft", f"{verdict}\n\n{table(headings, rows)}")


def clip_rows(found: Sequence[PairFound]) -> Iterator[dict[str, Any]]:
    """One row per clip and way, for ``clips.csv``."""
    for pair in found:
        for one in pair.clips:
            baseline = next(iter(one.calls.values()))[0].tokens
            for way in one.calls:
                clip = on_clip(one, way)
                call, errors = clip.typical, errors_of(clip.clip, clip.calls[0].text, "whisper")
                yield {
                    "pair": pair.pair,
                    "precision": pair.precision,
                    "clip": clip.clip.name,
                    "language": clip.clip.language,
                    "seconds": f"{clip.seconds:.3f}",
                    "way": way,
                    "order": " ".join(str(turn.index(way) + 1) for turn in one.order),
                    "tokens": call.decided,
                    "cycles": call.cycles,
                    "drafted": call.drafted,
                    "accepted": call.accepted,
                    "near_ties": call.near_ties,
                    "held_back": call.held_back,
                    "identical": call.tokens == baseline,
                    "steady": clip.steady,
                    "decode_s": f"{call.decode:.5f}",
                    "total_s": f"{call.total:.5f}",
                    "word_errors": errors.words,
                    "words": errors.of_words,
                    "character_errors": errors.characters,
                    "characters": errors.of_characters,
                    "reference": clip.clip.text,
                    "text": call.text,
                }


def _accuracy(one: PairSummary, way: Way) -> tuple[str, ...]:
    return (
        one.pair,
        one.precision,
        way.name,
        *_rate(way.wer),
        *_rate(way.cer),
        f"{way.exact[0]} of {way.exact[1]}",
        f"{way.identical} of {one.clips}",
        f"{way.identical_tokens:.2%}",
        str(way.near_ties),
    )


def _speed(one: PairSummary, way: Way) -> tuple[str, ...]:
    return (
        one.pair,
        one.precision,
        way.name,
        f"{way.ms_per_token:.2f}",
        f"{way.total:.3f}",
        f"{way.real_time_factor:.3f}",
        *_gain(way.decode_gain),
        *_gain(way.total_gain),
        f"{way.tokens_per_cycle:.2f}",
        _percent(way.acceptance),
    )


def _size(one: PairSummary) -> tuple[str, ...]:
    size = one.footprint
    return (
        one.pair,
        one.precision,
        f"{size.main.parameters:,}",
        f"{size.draft.parameters:,}" if size.draft else "",
        f"{size.parameters_percent:.0f}%" if size.draft else "",
        f"{size.main.weights / 1e6:.0f}",
        f"{size.draft.weights / 1e6:.0f}" if size.draft else "",
        f"{size.bytes_percent:.0f}%" if size.draft else "",
        " / ".join(f"{each:,}" for each in size.vocabularies),
        " / ".join(map(str, size.mel_bins)),
    )


def _acceptance(drafted: Sequence[tuple[PairSummary, Way]]) -> Section:
    names = [f"{one.pair}, {one.precision}" for one, _ in drafted]
    places = [{str(place): share for place, share in enumerate(way.places, 1)} for _, way in drafted]
    kinds = [way.kinds for _, way in drafted]
    longest = max(map(len, places))
    texts, figures = [], []
    for by, axis, columns, shares in (
        ("draft position", "position", [str(place + 1) for place in range(longest)], places),
        ("kind of token", "", [str(kind) for kind in KINDS if any(kind in one for one in kinds)], kinds),
    ):
        rates = [[_of(of_way.get(column)) for column in columns] for of_way in shares]
        rows = [(name, *map(_percent, row)) for name, row in zip(names, rates, strict=True)]
        texts.append(f"By {by}:\n\n{table(('pair', *columns), rows)}")
        axes = Axes(f"Acceptance by {by}", "Of proposals that main looked at", axis, "")
        figures.append(grid(axes, names, columns, rates))
    return Section("Accepted proposals", "\n".join(texts), tuple(figures))


def _gains(summaries: Sequence[PairSummary]) -> Any:
    names = tuple(f"{one.pair}, {one.precision}" for one in summaries)
    ways = [way.name for way in summaries[0].ways[1:]]
    series = []
    for name in ways:
        of_way = [one.way(name) for one in summaries]
        for label, gains in (
            ("decode", [way.decode_gain for way in of_way]),
            ("whole clip", [way.total_gain for way in of_way]),
        ):
            series.append(
                Series(
                    f"{name}: {label}" if len(ways) > 1 else label,
                    names,
                    tuple(gain.value for gain in gains),
                    tuple(gain.low for gain in gains),
                    tuple(gain.high for gain in gains),
                )
            )
    return bars(
        Axes(
            "How many times faster than main alone",
            "With 95% intervals over the clips",
            "",
            "times",
            base=1.0,
        ),
        series,
    )


def _latency(summaries: Sequence[PairSummary]) -> Any:
    return points(
        Axes(
            "Latency against accuracy",
            seen_in_plot(summaries),
            "seconds per clip",
            "WER, %",
        ),
        [
            Series(
                f"{one.pair}, {one.precision}",
                tuple(way.total for way in one.ways if way.wer),
                tuple(100 * way.wer.value for way in one.ways if way.wer),
                labels=tuple(way.name for way in one.ways if way.wer),
            )
            for one in summaries
        ],
    )


def _of(share: Share | None) -> float | None:
    return share[1] / share[0] if share and share[0] else None


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value:.0%}"


def _rate(rate: Estimate | None) -> tuple[str, str]:
    return ("", "") if rate is None else (f"{rate.value:.2%}", f"{rate.low:.1%} to {rate.high:.1%}")


def _gain(gain: Estimate) -> tuple[str, str]:
    return f"{gain.value:.2f}x", f"{gain.low:.2f} to {gain.high:.2f}"
