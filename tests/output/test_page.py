"""Reports are pages of their own, and what stands in them stays text."""

from __future__ import annotations

import re

from specwhisper.output.figures_benchmark import Axes, Series, bars, curves, grid, points
from specwhisper.output.page import Section, markdown_to_html, to_html, to_markdown

AXES = Axes("A <title>", "below", "x", "y", log_x=True, base=1.0)
SERIES = [Series("<one>", (1, 2), (3.0, 4.0), (2.5, 3.5), (3.5, 4.5)), Series("two", (1, 2), (4.0, 3.0))]


def test_a_page_holds_all_it_needs() -> None:
    page = to_html("T & T", "where", [Section("One", "| a |\n|---|\n| b |", (curves(AXES, SERIES),))])
    assert "<td>b</td>" in page
    assert "T &amp; T" in page
    assert "Plotly.newPlot" in page
    # Not one address that a browser would fetch: no script, style, image or frame from anywhere.
    assert not re.findall(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=\"(?!data:)[^\"]+", page)


def test_a_page_without_figures_carries_no_script() -> None:
    assert "<script" not in to_html("T", "w", [Section("One", "text")])


def test_html_in_texts_is_shown_and_not_obeyed() -> None:
    assert "<b>" not in markdown_to_html("<b>bold</b> | <script>alert(1)</script>")
    assert "<h2><x>" not in to_html("T", "w", [Section("<x>", "")])


def test_the_twin_has_the_same_sections() -> None:
    text = to_markdown("T", "where", [Section("One", "first\n"), Section("Two", "second")])
    assert text == "# T\n\nwhere\n\n## One\n\nfirst\n\n## Two\n\nsecond\n"


def test_figures_carry_their_data_and_escape_names() -> None:
    drawn = curves(AXES, SERIES)
    assert list(drawn.data[0].y) == [3.0, 4.0]
    assert list(drawn.data[0].error_y.array) == [0.5, 0.5]
    assert drawn.data[0].name == "&lt;one&gt;"
    assert [len(figure.data) for figure in (bars(AXES, SERIES), points(AXES, SERIES))] == [2, 2]
    cells = grid(AXES, ["<a>"], ["1", "2"], [[0.5, None]])
    assert list(cells.data[0].text[0]) == ["50%", ""]
