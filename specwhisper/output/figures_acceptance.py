"""The acceptance heatmap as a plotly figure."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from specwhisper.output.acceptance import LEGEND, Cell, grid, heading, short
from specwhisper.output.figures_base import empty, escape, finish, legend
from specwhisper.output.palette import CELL_TEXT, GRID, VERDICT_COLOURS, VERDICT_LABELS, Verdict
from specwhisper.results import Comparison, Cycle

ORDER: tuple[Verdict, ...] = ("absent", "unchecked", "rejected", "accepted", "bonus", "correction")
"""The heatmap's z values are indices into this."""

ROW_PIXELS = 24
MAX_PIXELS = 720
"""Height of the rows: comfortable while they are few, then thinner, so that hundreds still fit."""

LABELLED_CYCLES = 40
"""Up to this many rows the cells are high enough to carry their token."""

LABEL_LETTERS = 110
"""About this many letters fit side by side on a desktop; they are shared out among the columns."""


def acceptance_heatmap(comparison: Comparison) -> go.Figure:
    """Which of the draft's tokens main accepted, cycle by cycle."""
    title, subtitle = heading(comparison.speculative)
    if not comparison.speculative.stats.drafted:
        return empty(title, subtitle)
    rows, width = grid(comparison.speculative)
    figure = go.Figure([_heatmap(rows, width), *_legend_entries()])
    height = min(MAX_PIXELS, max(ROW_PIXELS * len(rows), 3 * ROW_PIXELS))
    finish(
        figure,
        title=title,
        subtitle=subtitle,
        height=height + 170,
        legend=legend(80),
        margin={"l": 48, "r": 12, "t": 72, "b": 90},
    )
    step = -(-width // 8)
    shown = list(range(1, width + 1, step))
    figure.update_xaxes(
        tickvals=[*shown, width + 1.15],
        ticktext=[*map(str, shown), "main"],
        range=[0.5, width + 1.65],
        title={"text": "Position in the draft", "standoff": 8},
        showgrid=False,
    )
    figure.update_yaxes(range=[len(rows) + 0.5, 0.5], title={"text": "Cycle", "standoff": 4}, showgrid=False)
    if len(rows) <= 8:
        figure.update_yaxes(dtick=1)
    for border in _window_borders(comparison.speculative.stats.cycles):
        figure.add_hline(y=border, line={"color": GRID, "width": 2})
    return figure


def _heatmap(rows: Sequence[Sequence[Cell]], width: int) -> go.Heatmap:
    """Columns are given by their edges, so that a narrow gap can set main's own token apart."""
    edges = [0.5 + place for place in range(width + 1)] + [width + 0.65, width + 1.65]
    few = len(rows) <= LABELLED_CYCLES
    letters = max(4, LABEL_LETTERS // (width + 1))

    def spread(row: Sequence[object], gap: object = None) -> list[object]:
        return [*row[:width], gap, row[width]]

    def written(cell: Cell) -> str:
        return escape(short(cell.text, letters))

    steps = len(ORDER)
    scale = [
        [edge / steps, VERDICT_COLOURS[verdict]] for i, verdict in enumerate(ORDER) for edge in (i, i + 1)
    ]
    return go.Heatmap(
        x=edges,
        y=[0.5 + i for i in range(len(rows) + 1)],
        z=[spread([ORDER.index(cell.verdict) for cell in row]) for row in rows],
        text=[spread([written(cell) for cell in row], "") for row in rows] if few else None,
        texttemplate="%{text}" if few else None,
        textfont={"size": 12, "color": CELL_TEXT},
        hovertext=[spread(["<br>".join(map(escape, cell.told)) for cell in row]) for row in rows],
        hovertemplate="%{hovertext}<extra></extra>",
        hoverongaps=False,
        colorscale=scale,
        zmin=-0.5,
        zmax=steps - 0.5,
        showscale=False,
        xgap=2 if few else 1,
        ygap=2 if few else (1 if len(rows) <= 120 else 0),
        name="tokens",
    )


def _legend_entries() -> list[go.Scatter]:
    """A heatmap has no legend of its own: one empty scatter trace per category stands in."""
    return [
        go.Scatter(
            x=[None],
            y=[None],
            mode="markers",
            name=VERDICT_LABELS[verdict],
            marker={"symbol": "square", "size": 11, "color": VERDICT_COLOURS[verdict]},
        )
        for verdict in LEGEND
    ]


def _window_borders(cycles: Sequence[Cycle]) -> list[float]:
    return [i + 0.5 for i in range(1, len(cycles)) if cycles[i].window != cycles[i - 1].window]
