"""Where the time went: seconds per stage, and tokens written over time."""

from __future__ import annotations

from itertools import accumulate

import plotly.graph_objects as go

from specwhisper.output.figures_base import empty, escape, finish, legend
from specwhisper.output.palette import DRAFT_COLOUR, MAIN_COLOUR, STAGE_COLOURS, STAGE_LABELS
from specwhisper.output.summary import speed_phrase, ways
from specwhisper.results import Comparison, Seconds, Stats


def timing_bars(comparison: Comparison) -> go.Figure:
    """Seconds per stage, stacked: main alone above, with its draft below."""
    with_draft = stages(comparison.speculative.stats.seconds)
    alone = stages(comparison.baseline.stats.seconds)
    totals = (sum(with_draft.values()), sum(alone.values()))
    longest = max(totals)
    rows = tuple(map(escape, reversed(ways(comparison))))  # bottom to top, as plotly stacks them
    figure = go.Figure()
    for stage, label in STAGE_LABELS.items():
        values = (with_draft[stage], alone[stage])
        figure.add_bar(
            orientation="h",
            y=rows,
            x=values,
            name=label,
            marker={"color": STAGE_COLOURS[stage], "line": {"width": 0}},
            text=[seconds(value) if value > 0.12 * longest else "" for value in values],
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            textfont={"color": "#FFFFFF" if stage in ("verify", "draft") else "#17202B", "size": 12},
            hovertemplate=f"%{{y}}<br>{label}: %{{x:.3f}} s<extra></extra>",
        )
    for row, total in zip(rows, totals, strict=True):
        # Above the bar and not beside it: a phone needs the width for the bars.
        figure.add_annotation(
            x=0,
            y=row,
            text=f"{row}: <b>{seconds(total)}</b>",
            showarrow=False,
            xanchor="left",
            yshift=30,
            font={"size": 13},
        )
    finish(
        figure,
        title=_sentence(speed_phrase(comparison.speedup.total, "in total")),
        subtitle=f"{_sentence(speed_phrase(comparison.speedup.decode, 'decode'))}; seconds of wall time",
        height=320,
        barmode="stack",
        bargap=0.56,
        legend=legend(84) | {"traceorder": "normal"},
        margin={"l": 12, "r": 16, "t": 72, "b": 90},
    )
    figure.update_xaxes(range=[0, longest or 1], ticksuffix=" s", nticks=5)
    figure.update_yaxes(showgrid=False, showticklabels=False, range=[-0.4, 1.72])
    return figure


def tokens_over_time(comparison: Comparison) -> go.Figure:
    """Tokens written against seconds of decoding; a verified draft arrives as one step."""
    alone, drafted = comparison.baseline.stats, comparison.speculative.stats
    if not alone.tokens and not drafted.tokens:
        return empty("No tokens were written", "The recording holds no speech that main could hear.")
    figure = go.Figure()
    names = map(escape, ways(comparison))
    for stats, name, colour, shape in zip(
        (alone, drafted), names, (MAIN_COLOUR, DRAFT_COLOUR), ("linear", "hv"), strict=True
    ):
        times, counts = timeline(stats)
        figure.add_scatter(
            x=times,
            y=counts,
            mode="lines",
            name=name,
            line={"color": colour, "width": 2.5, "shape": shape},
            hovertemplate=f"{name}<br>%{{y}} tokens after %{{x:.2f}} s<extra></extra>",
        )
    finish(
        figure,
        title=f"Decoded in {seconds(timeline(drafted)[0][-1])} instead of {seconds(timeline(alone)[0][-1])}",
        subtitle="Tokens written over the seconds of the decode loop",
        height=320,
        legend=legend(140),
        margin={"l": 48, "r": 16, "t": 72, "b": 70},
    )
    # A little air at the end, or the last step would lie on the frame and look like part of it.
    longest = max(timeline(alone)[0][-1], timeline(drafted)[0][-1])
    figure.update_xaxes(range=[0, 1.03 * longest or 1], ticksuffix=" s", nticks=6)
    figure.update_yaxes(rangemode="tozero", nticks=6)
    return figure


def stages(spent: Seconds) -> dict[str, float]:
    """The stages that are drawn, in the order of :data:`STAGE_LABELS`."""
    return {
        "prepare": spent.audio + spent.features,
        "encode_main": spent.encode_main,
        "verify": spent.verify,
        "encode_draft": spent.encode_draft,
        "draft": spent.draft,
        "other": spent.other,
    }


def timeline(stats: Stats) -> tuple[list[float], list[int]]:
    """Seconds and tokens after each cycle, from (0, 0)."""
    times = accumulate((cycle.draft_seconds + cycle.verify_seconds for cycle in stats.cycles), initial=0.0)
    counts = accumulate((len(cycle.tokens) for cycle in stats.cycles), initial=0)
    return list(times), list(counts)


def seconds(value: float) -> str:
    """0.034 -> "34 ms", 0.84 -> "0.84 s", 12.3 -> "12.3 s"."""
    if value < 0.1:
        return f"{value * 1000:.0f} ms"
    return f"{value:.2f} s" if value < 10 else f"{value:.1f} s"


def _sentence(phrase: str) -> str:
    return escape(phrase[:1].upper() + phrase[1:])
