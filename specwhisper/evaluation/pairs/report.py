"""The findings of modes speculative, v3, beam and drafts as a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from specwhisper.evaluation.common.dataset import LoadedClip
from specwhisper.evaluation.common.document import Document, document_of
from specwhisper.evaluation.common.footprint import Footprint
from specwhisper.evaluation.common.line import Line
from specwhisper.evaluation.common.normalise import Normaliser
from specwhisper.evaluation.common.plan import Plan
from specwhisper.evaluation.common.statistics import Estimate
from specwhisper.evaluation.common.tables import table
from specwhisper.evaluation.pairs.clip_record import ClipRecord
from specwhisper.evaluation.pairs.kinds import KINDS
from specwhisper.evaluation.pairs.run import SPECULATIVE
from specwhisper.evaluation.pairs.summary import PairSummary, Share, Way, errors_on, summarise_pairs
from specwhisper.output.figures_benchmark import Axes, Series, bars, grid, points
from specwhisper.output.page import Section

_ACCURACY = (
    "pair", "precision", "way", "WER", "95%", "CER", "95%", "exact clips", "tokens as greedy", "same tokens",
    "near ties",
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
* Every clip was decoded in every way, interleaved; the order is in `clips.csv`. Times are medians
  over the rounds, then sums over the clips; a first call of each way is not counted.
* *decode* and *whole clip*: how many times faster than main alone; the whole goes from samples to text.
* *95%*: percentile bootstrap over the clips.
* *tokens as greedy*: clips whose tokens are all those of main alone; *same tokens*: share of main's tokens
  before the first difference. *near ties*: rows that main decided again, two tokens being too close.
* WER and CER on normalised text (Whisper's English normaliser, for other languages its basic one).
* *accepted*: proposals that main wanted, of all there were. In the tables by place and kind: of those it
  looked at, which ends with the first one it refuses.
"""


def pairs_document(
    title: str,
    plan: Plan,
    clips: Sequence[LoadedClip],
    records: Sequence[ClipRecord],
    footprints: Mapping[tuple[str, str], Footprint],
    *,
    seed: int = 0,
    ranked: bool = False,
    normaliser: Normaliser = "whisper",
) -> Document:
    """The whole report.

    Args:
        seed: of the bootstrap.
        ranked: begin with the drafts from best to worst.
        normaliser: what makes texts comparable.
    """
    summaries = summarise_pairs(records, footprints, seed=seed, normaliser=normaliser)
    first = (ranking_section(summaries),) if ranked else ()
    sections = (*first, *pair_sections(summaries))
    lines = (_line(one, way) for one in summaries for way in one.ways)
    return document_of(title, plan, clips, sections, summaries, lines, clip_rows(records, normaliser))


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


def clip_rows(records: Sequence[ClipRecord], normaliser: Normaliser) -> tuple[dict[str, Any], ...]:
    """One row per clip and way, for ``clips.csv``."""
    return tuple(
        {
            "pair": record.pair,
            "precision": record.precision,
            "clip": record.clip,
            "language": record.language,
            "seconds": f"{record.seconds:.3f}",
            "way": name,
            "order": " ".join(str(turn.index(name) + 1) for turn in record.order),
            "tokens": side.decided,
            "cycles": side.cycles,
            "drafted": side.drafted,
            "accepted": side.accepted,
            "near_ties": side.near_ties,
            "held_back": side.held_back,
            "identical": side.tokens == next(iter(record.sides.values())).tokens,
            "steady": side.steady,
            "decode_s": f"{side.decode:.5f}",
            "total_s": f"{side.total:.5f}",
            "word_errors": errors.words,
            "words": errors.of_words,
            "character_errors": errors.characters,
            "characters": errors.of_characters,
            "reference": record.reference,
            "text": side.text,
        }
        for record in records
        for name, side in record.sides.items()
        for errors in (errors_on(record, side, normaliser),)
    )


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
    longest = max(len(way.places) for _, way in drafted)
    places = [[_share(way.places, place) for place in range(longest)] for _, way in drafted]
    kinds = [kind for kind in KINDS if any(kind in way.kinds for _, way in drafted)]
    by_kind = [[_of(way.kinds.get(kind)) for kind in kinds] for _, way in drafted]
    columns = [str(place + 1) for place in range(longest)]
    text = "\n".join(
        (
            "By place in the proposal:\n",
            table(("pair", *columns), _filled(names, places)),
            "By kind of token:\n",
            table(("pair", *kinds), _filled(names, by_kind)),
        )
    )
    figures = (
        grid(
            Axes("Acceptance by place in the proposal", "Of proposals that main looked at", "place", ""),
            names,
            columns,
            places,
        ),
        grid(
            Axes("Acceptance by kind of token", "Of proposals that main looked at", "", ""),
            names,
            kinds,
            by_kind,
        ),
    )
    return Section("Which proposals are accepted", text, figures)


def _gains(summaries: Sequence[PairSummary]) -> Any:
    names = tuple(f"{one.pair}, {one.precision}" for one in summaries)
    ways = [way.name for way in summaries[0].ways[1:]]
    series = []
    for name in ways:
        for label in ("decode", "whole clip"):
            gains = [
                way.decode_gain if label == "decode" else way.total_gain
                for one in summaries
                for way in (one.way(name),)
            ]
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
            "Left and low is better; a speculative point lies straight left of its main's",
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


def _filled(names: Sequence[str], shares: Sequence[Sequence[float | None]]) -> list[tuple[str, ...]]:
    return [(name, *map(_percent, row)) for name, row in zip(names, shares, strict=True)]


def _share(places: Sequence[Share], place: int) -> float | None:
    return _of(places[place]) if place < len(places) else None


def _of(share: Share | None) -> float | None:
    return share[1] / share[0] if share and share[0] else None


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value:.0%}"


def _rate(rate: Estimate | None) -> tuple[str, str]:
    return ("", "") if rate is None else (f"{rate.value:.2%}", f"{rate.low:.1%} to {rate.high:.1%}")


def _gain(gain: Estimate) -> tuple[str, str]:
    return f"{gain.value:.2f}x", f"{gain.low:.2f} to {gain.high:.2f}"
