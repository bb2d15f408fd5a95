"""What every figure shares: quiet axes, transparent paper, a title that says the finding."""

from __future__ import annotations

import html
from typing import Any

import plotly.graph_objects as go

from specwhisper.output.palette import GRID, INK

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


def finish(figure: go.Figure, *, title: str, subtitle: str, height: int, **layout: Any) -> go.Figure:
    """Give a figure the house style.

    The paper is transparent and the ink a mid-tone, so that the figure stands on any page; a page that
    knows whether it is dark may overrule the ink (the app's style sheet does).
    """
    figure.update_layout(
        title={
            "text": escape(title),
            "subtitle": {"text": escape(subtitle), "font": {"size": 12, "color": INK}},
            "x": 0,
            "xref": "container",
            "y": 1,
            "yref": "container",
            "yanchor": "top",
            "pad": {"t": 14, "l": 12},
            "font": {"size": 15, "color": INK, "weight": 600},
        },
        font={"family": FONT, "size": 12, "color": INK},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        height=height,
        hoverlabel={
            "bgcolor": "#1B2430",
            "bordercolor": "#1B2430",
            "font": {"color": "#F4F7FA", "family": FONT},
        },
        dragmode=False,
        **layout,
    )
    axis = {"gridcolor": GRID, "zeroline": False, "linecolor": GRID, "tickcolor": GRID, "fixedrange": True}
    figure.update_xaxes(title_font_size=12, **axis)
    figure.update_yaxes(title_font_size=12, **axis)
    return figure


def legend(entry: int) -> dict[str, Any]:
    """A legend in wrapping lines below the plot, ``entry`` pixels a label; it explains, it does not toggle.

    It hangs from the container's lower edge, where its height, which depends on the width of the screen,
    pushes the plot up and cannot cover the title.
    """
    return {
        "orientation": "h",
        "entrywidth": entry,
        "x": 0,
        "xref": "container",
        "y": 0,
        "yref": "container",
        "yanchor": "bottom",
        "itemclick": False,
        "itemdoubleclick": False,
        "font": {"size": 12, "color": INK},
    }


def empty(title: str, subtitle: str) -> go.Figure:
    """A figure without data that says why."""
    figure = go.Figure()
    finish(figure, title=title, subtitle=subtitle, height=120, margin={"l": 0, "r": 0, "t": 60, "b": 0})
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    return figure


def escape(text: str) -> str:
    """Text as plotly shows it: its labels read a little HTML, and transcripts may hold ``<``."""
    return html.escape(text, quote=False)
