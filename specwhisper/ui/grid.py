"""The grid of cycles as HTML: words that stay readable on a narrow screen, and lead to text and sound."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from specwhisper.output.acceptance import LEGEND, Cell, grid, heading, short
from specwhisper.output.palette import VERDICT_LABELS
from specwhisper.results import Comparison

MOST = 300
"""Cycles that are shown; a browser would have too much to lay out."""

LETTERS = 14
"""Of a token in its cell; what is told of it has all."""


def grid_html(comparison: Comparison, pieces: Sequence[tuple[int | None, ...]]) -> str:
    """Every proposal and what main made of it.

    Args:
        pieces: which piece of the text each token became, as ``linked.pieces_of`` finds it.
    """
    transcript = comparison.speculative
    stats = transcript.stats
    title, subtitle = heading(transcript)
    if not stats.drafted:
        return f'<section class="sw-grid"><header><h2>{title}</h2><p>{subtitle}</p></header></section>'
    rows, width = grid(transcript)
    if len(rows) > MOST:
        subtitle += f"; the first {MOST} are shown"
    places = "".join(f'<th scope="col">{place + 1}</th>' for place in range(width))
    return (
        f'<section class="sw-grid"><header><h2>{title}</h2><p>{subtitle}</p></header>'
        '<div class="sw-grid-scroll" role="region" aria-label="Cycles: what was proposed, and what main made '
        'of it" tabindex="0"><table><thead><tr><th scope="col">Cycle</th>'
        f'{places}<th scope="col">main</th></tr></thead><tbody>'
        + "".join(
            _row(number, row, cycle.window != stats.cycles[max(number - 1, 0)].window, own)
            for number, (row, cycle, own) in enumerate(
                zip(rows[:MOST], stats.cycles[:MOST], pieces[:MOST], strict=True)
            )
        )
        + '</tbody></table></div><p class="sw-grid-told" data-part="told" role="status">'
        "Point at a token, or click it to hear it.</p>"
        + '<ul class="sw-grid-legend" aria-label="Colours">'
        + "".join(f'<li class="sw-cell-{kind}">{VERDICT_LABELS[kind]}</li>' for kind in LEGEND)
        + "</ul></section>"
    )


def _row(number: int, row: Sequence[Cell], new_window: bool, pieces: Sequence[int | None]) -> str:
    accepted = [place for place, cell in enumerate(row[:-1]) if cell.verdict == "accepted"]
    became = dict(zip([*accepted, len(row) - 1], pieces, strict=False))
    if len(pieces) > len(accepted):
        became[len(accepted)] = became[len(row) - 1] = pieces[
            -1
        ]  # a refused token leads to what stands instead
    cells = "".join(_cell(cell, became.get(place)) for place, cell in enumerate(row))
    kind = ' class="sw-grid-window"' if new_window else ""
    return f'<tr{kind}><th scope="row">{number + 1}</th>{cells}</tr>'


def _cell(cell: Cell, piece: int | None) -> str:
    if not cell.text:
        return "<td></td>"
    told = escape(" · ".join(cell.told))
    link = "" if piece is None else f' data-piece="{piece}"'
    return (
        f'<td class="sw-cell-{cell.verdict}"{link} data-told="{told}" dir="auto">'
        f"{escape(short(cell.text, LETTERS))}</td>"
    )
