"""The acceptance heatmap: one row per cycle, one column per draft position, one for main's own token."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from specwhisper.output.figures_base import empty, escape, finish, legend
from specwhisper.output.palette import GRID, VERDICT_COLOURS, VERDICT_LABELS, Verdict
from specwhisper.results import Comparison, Cycle

ORDER: tuple[Verdict, ...] = ("absent", "unchecked", "rejected", "accepted", "bonus", "correction")
"""The heatmap's z values are indices into this."""

LEGEND: tuple[Verdict, ...] = ("accepted", "rejected", "unchecked", "correction", "bonus", "absent")

ROW_PIXELS = 24
MAX_PIXELS = 720
"""Height of the rows: comfortable while they are few, then thinner, so that hundreds still fit."""

LABELLED_CYCLES = 40
"""Up to this many rows the cells are high enough to carry their token."""

LABEL_LETTERS = 110
"""About this many letters fit side by side on a desktop; they are shared out among the columns."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One place of the heatmap: what became of it, the token's text, and what to say on hover (escaped)."""

    verdict: Verdict
    text: str = ""
    hover: str = ""


def cells(cycle: Cycle, number: int, width: int, token_text: dict[int, str]) -> list[Cell]:
    """A row: ``width`` draft positions, then main's own token."""
    row = [_draft_cell(cycle, number, place, token_text) for place in range(width)]
    return [*row, _own_cell(cycle, number, token_text)]


def acceptance_heatmap(comparison: Comparison) -> go.Figure:
    """Which of the draft's tokens main accepted, cycle by cycle."""
    stats, token_text = comparison.speculative.stats, comparison.speculative.token_text
    if stats.silent:
        return empty("The draft kept silent", "It would cost more time here than it saves.")
    if not stats.drafted:
        return empty("No tokens were drafted", "There was nothing for the draft model to propose.")
    width = max(len(cycle.proposed) for cycle in stats.cycles)
    rows = [cells(cycle, i + 1, width, token_text) for i, cycle in enumerate(stats.cycles)]
    figure = go.Figure([_heatmap(rows, width), *_legend_entries()])
    height = min(MAX_PIXELS, max(ROW_PIXELS * len(rows), 3 * ROW_PIXELS))
    finish(
        figure,
        title=f"{stats.acceptance_rate:.0%} of drafted tokens accepted",
        subtitle=f"{stats.tokens_per_cycle:.1f} tokens per cycle, {len(rows)} "
        f"{'cycle' if len(rows) == 1 else 'cycles'} from top to bottom",
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
    for border in _window_borders(stats.cycles):
        figure.add_hline(y=border, line={"color": GRID, "width": 2})
    return figure


def _draft_cell(cycle: Cycle, number: int, place: int, token_text: dict[int, str]) -> Cell:
    where = f"Cycle {number}, position {place + 1}"
    if place >= len(cycle.proposed):
        return Cell("absent", "", f"{where}<br>Not proposed: the draft had stopped")
    token = _name(cycle.proposed[place], token_text)
    sure = ""
    if place < len(cycle.draft_probability):
        sure = f", draft {cycle.draft_probability[place]:.0%} sure"
    head = f"{where}<br>“{escape(token)}”{sure}"
    if place < cycle.accepted:
        return Cell("accepted", token, f"{head}<br>Accepted")
    if place > cycle.accepted:
        return Cell("unchecked", token, f"{head}<br>Not checked: an earlier token was rejected")
    instead = ""
    if cycle.correction is not None:
        instead = f": main wrote “{escape(_name(cycle.correction, token_text))}”"
    return Cell("rejected", token, f"{head}<br>Rejected{instead}")


def _own_cell(cycle: Cycle, number: int, token_text: dict[int, str]) -> Cell:
    if cycle.correction is None:
        return Cell("absent", "", f"Cycle {number}<br>The text ended with the draft's last token")
    verdict: Verdict = "bonus" if cycle.accepted == len(cycle.proposed) else "correction"
    token = _name(cycle.correction, token_text)
    return Cell(verdict, token, f"Cycle {number}<br>“{escape(token)}”<br>{VERDICT_LABELS[verdict]}")


def _short(text: str, letters: int) -> str:
    """A token as it fits into a cell; the hover has all of it."""
    text = text.strip()
    if text == "<|endoftext|>":
        text = "end"
    return escape(text if len(text) <= letters else text[: letters - 1] + "…")


def _name(token: int, token_text: dict[int, str]) -> str:
    return token_text.get(token, f"token {token}")


def _heatmap(rows: Sequence[Sequence[Cell]], width: int) -> go.Heatmap:
    """Columns are given by their edges, so that a narrow gap can set main's own token apart."""
    edges = [0.5 + place for place in range(width + 1)] + [width + 0.65, width + 1.65]
    few = len(rows) <= LABELLED_CYCLES
    letters = max(4, LABEL_LETTERS // (width + 1))

    def spread(row: Sequence[object], gap: object = None) -> list[object]:
        return [*row[:width], gap, row[width]]

    steps = len(ORDER)
    scale = [
        [edge / steps, VERDICT_COLOURS[verdict]] for i, verdict in enumerate(ORDER) for edge in (i, i + 1)
    ]
    return go.Heatmap(
        x=edges,
        y=[0.5 + i for i in range(len(rows) + 1)],
        z=[spread([ORDER.index(cell.verdict) for cell in row]) for row in rows],
        text=[spread([_short(cell.text, letters) for cell in row], "") for row in rows] if few else None,
        texttemplate="%{text}" if few else None,
        textfont={"size": 12, "color": "#10161D"},
        hovertext=[spread([cell.hover for cell in row]) for row in rows],
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
