"""The figures of a benchmark report: curves, bars, points and a grid, in one style."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from specwhisper.output.figures_base import escape, finish, legend
from specwhisper.output.palette import CELL_TEXT, DRAFT_COLOUR, GRID, INK, MAIN_COLOUR

SERIES_COLOURS = (DRAFT_COLOUR, MAIN_COLOUR, "#009E73", "#CC79A7", "#8F7A00", "#56B4E9", "#7A5CC9", "#8793A1")
"""After Okabe and Ito; each series also has a marker and a dash of its own."""

_MARKERS = ("circle", "square", "diamond", "triangle-up", "x", "star", "cross", "hexagon")
_LABELLED = 9  # columns of a grid that are wide enough for a number
_DASHES = ("solid", "dash", "dot", "dashdot")


@dataclass(frozen=True, slots=True)
class Axes:
    """What a figure says about its data.

    Attributes:
        log_x, log_y: logarithmic axes.
        base: a line across, where nothing is gained or lost.
    """

    title: str
    subtitle: str
    x: str
    y: str
    log_x: bool = False
    log_y: bool = False
    base: float | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """One line, group of bars or set of points.

    Attributes:
        low, high: ends of each value's interval; empty where there is none.
        labels: of points.
    """

    name: str
    x: tuple[float | str, ...]
    y: tuple[float, ...]
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    labels: tuple[str, ...] = ()


def curves(axes: Axes, series: Sequence[Series]) -> go.Figure:
    """Lines with markers."""
    figure = go.Figure()
    for number, one in enumerate(series):
        figure.add_scatter(
            x=one.x,
            y=one.y,
            name=escape(one.name),
            mode="lines+markers",
            line={"width": 2.5, "dash": _DASHES[number % len(_DASHES)], "color": _colour(number)},
            marker={"size": 8, "symbol": _MARKERS[number % len(_MARKERS)]},
            error_y=_interval(one, number),
        )
    return _dressed(figure, axes)


def bars(axes: Axes, series: Sequence[Series]) -> go.Figure:
    """Groups of bars, with their intervals."""
    figure = go.Figure()
    for number, one in enumerate(series):
        figure.add_bar(
            x=[escape(str(each)) for each in one.x],
            y=one.y,
            name=escape(one.name),
            marker={"color": _colour(number), "line": {"width": 0}},
            error_y=_interval(one, number, INK),
        )
    figure.update_layout(barmode="group", bargap=0.35)
    return _dressed(figure, axes).update_xaxes(showgrid=False)


def points(axes: Axes, series: Sequence[Series]) -> go.Figure:
    """Points with their names beside them; both axes begin at zero, so that distances tell the truth."""
    figure = go.Figure()
    for number, one in enumerate(series):
        figure.add_scatter(
            x=one.x,
            y=one.y,
            name=escape(one.name),
            mode="markers+text",
            text=[escape(label) for label in one.labels],
            textposition=["bottom center" if at % 2 else "top center" for at in range(len(one.labels))],
            cliponaxis=False,
            textfont={"size": 11, "color": INK},
            marker={"size": 12, "symbol": _MARKERS[number % len(_MARKERS)], "color": _colour(number)},
        )
    _dressed(figure, axes)
    figure.update_xaxes(rangemode="tozero")
    tallest = max((y for one in series for y in one.y), default=1.0)
    figure.update_yaxes(range=[0, 1.2 * tallest or 1])
    return figure


def grid(
    axes: Axes, rows: Sequence[str], columns: Sequence[str], shares: Sequence[Sequence[float | None]]
) -> go.Figure:
    """Shares from 0 to 1 as a heatmap, written into the cells where they are wide enough; None: empty."""
    figure = go.Figure(
        go.Heatmap(
            z=shares,
            x=list(columns),
            y=[escape(row) for row in rows],
            zmin=0,
            zmax=1,
            colorscale=[[0, "#FFF3D6"], [0.5, "#CFE4F4"], [1, "#86BCE3"]],
            text=[["" if share is None else f"{share:.0%}" for share in row] for row in shares],
            texttemplate="%{text}" if len(columns) <= _LABELLED else None,
            textfont={"color": CELL_TEXT},
            hovertemplate="%{y}, %{x}: %{text}<extra></extra>",
            xgap=2,
            ygap=2,
            showscale=False,
        )
    )
    finish(
        figure,
        title=axes.title,
        subtitle=axes.subtitle,
        height=150 + 40 * max(len(rows), 2),
        margin={"l": 12, "r": 16, "t": 72, "b": 48},
    )
    figure.update_xaxes(title=axes.x, type="category", showgrid=False)
    figure.update_yaxes(automargin=True, autorange="reversed", showgrid=False)
    return figure


def _dressed(figure: go.Figure, axes: Axes) -> go.Figure:
    longest = max((len(str(trace.name)) for trace in figure.data), default=8)
    several = len(figure.data) > 1
    finish(
        figure,
        title=axes.title,
        subtitle=axes.subtitle,
        height=380,
        legend=legend(40 + 7 * longest),
        showlegend=several,
        margin={"l": 60, "r": 24, "t": 72, "b": 110 if several else 60},
    )
    figure.update_xaxes(title=axes.x)
    figure.update_yaxes(title=axes.y)
    if axes.log_x:
        ticks = sorted({float(x) for trace in figure.data for x in trace.x})
        figure.update_xaxes(type="log", tickvals=ticks, ticktext=[f"{tick:g}" for tick in ticks])
    if axes.log_y:
        figure.update_yaxes(type="log")
    else:
        figure.update_yaxes(rangemode="tozero")
    if axes.base is not None:
        figure.add_hline(y=axes.base, line={"color": GRID, "width": 2, "dash": "dot"})
    return figure


def _interval(one: Series, number: int, colour: str | None = None) -> dict[str, object] | None:
    if not one.high:
        return None
    return {
        "type": "data",
        "symmetric": False,
        "array": [high - y for high, y in zip(one.high, one.y, strict=True)],
        "arrayminus": [y - low for low, y in zip(one.low, one.y, strict=True)],
        "thickness": 1.5,
        "width": 4,
        "color": colour or _colour(number),
    }


def _colour(number: int) -> str:
    return SERIES_COLOURS[number % len(SERIES_COLOURS)]
