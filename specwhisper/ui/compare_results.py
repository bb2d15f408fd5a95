"""The result half of the Compare tab: what it is made of, and how a comparison or an error fills it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from specwhisper.output.figures import timing_bars, tokens_over_time
from specwhisper.output.linked import pieces_of
from specwhisper.results import Comparison
from specwhisper.ui.config import asset_text
from specwhisper.ui.examples import Example
from specwhisper.ui.grid import grid_html
from specwhisper.ui.kept import COMPARISON, names_run
from specwhisper.ui.page import empty_html, error_html
from specwhisper.ui.race import race_html, recorded_race
from specwhisper.ui.render import numbers_html, verdict_html
from specwhisper.ui.texts import texts_html
from specwhisper.ui.timeline import create_timeline, no_timeline, waiting_timeline


@dataclass(frozen=True, slots=True)
class CompareResults:
    """The components that show a run; :func:`show` and :func:`show_error` return values in this order."""

    verdict: gr.HTML
    race: gr.HTML
    shared: gr.Row
    share: gr.HTML
    replay: gr.DownloadButton
    download: gr.DownloadButton
    details: gr.Column
    numbers: gr.HTML
    timeline: gr.Plot
    text: gr.HTML
    grid: gr.HTML
    timing: gr.Plot
    tokens: gr.Plot

    def outputs(self) -> list[Any]:
        return [
            self.verdict, self.race, self.shared, self.share, self.replay, self.download, self.details,
            self.numbers, self.timeline, self.text, self.grid, self.timing, self.tokens,
        ]  # fmt: skip


def create_results(assets: Path, examples: Sequence[Example]) -> CompareResults:
    """Lay the results out inside the current tab: a race that was recorded, until there is one to show.

    Args:
        assets: folder with that record and with the script that plays races.
        examples: what may have been recorded.
    """
    verdict = gr.HTML(empty_html(), js_on_load=names_run(assets, COMPARISON), elem_id="verdict")
    race = gr.HTML(
        recorded_html(assets, examples),
        js_on_load=asset_text(assets / "race" / "race.js"),
        elem_id="race",
        padding=False,
    )
    with gr.Row(visible=False, elem_id="shared", elem_classes="sw-files") as shared:
        share = gr.HTML(
            js_on_load=asset_text(assets / "page" / "kept.js", assets / "share" / "share.js"),
            elem_id="share",
            min_width=80,
            padding=False,
        )
        replay = gr.DownloadButton("Replay (HTML)", size="md", min_width=110, elem_id="replay")
        download = gr.DownloadButton("Comparison (JSON)", size="md", min_width=110, elem_id="download")
    with gr.Column(visible=False, elem_id="details") as details:
        numbers = gr.HTML(elem_id="numbers", padding=False)
        timeline = create_timeline("timeline")
        text = gr.HTML(
            js_on_load=asset_text(assets / "page" / "cursor.js", assets / "listen" / "listen.js"),
            elem_id="text",
            padding=False,
        )
        grid = gr.HTML(elem_id="grid", padding=False)
        with gr.Row(equal_height=False):
            with gr.Column(min_width=320):
                tokens = _plot("tokens")
            with gr.Column(min_width=320):
                timing = _plot("timing")
    return CompareResults(
        verdict, race, shared, share, replay, download, details, numbers, timeline, text, grid, timing, tokens
    )


def recorded_html(assets: Path, examples: Sequence[Example]) -> str:
    """The race that was recorded; nothing where there is none."""
    titles = {example.audio.name: example.title for example in examples}
    return race_html(recorded_race(assets / "how" / "decode.json", titles))


def show(
    comparison: Comparison, run: str, audio: str, race: str, files: Sequence[Path], share: str
) -> list[Any]:
    """Everything about a comparison but the timeline, which takes longer.

    Args:
        run: the name under which it is kept.
        audio: path of its recording; empty where that is not here.
        race: its two lanes; empty where there is none.
        files: the comparison as JSON, and the page that plays its race, where there is one.
        share: buttons that pass it on.
    """
    saved, *replay = map(str, files)
    pieces = pieces_of(comparison.speculative)
    return [
        verdict_html(comparison, run),
        race,
        gr.update(visible=True),
        share,
        gr.update(value=replay[0] if replay else None, visible=bool(replay)),
        saved,
        gr.update(visible=True),
        numbers_html(comparison),
        waiting_timeline() if audio else no_timeline(),
        texts_html(comparison, pieces, audio),
        grid_html(comparison, pieces),
        timing_bars(comparison),
        tokens_over_time(comparison),
    ]


def show_error(error: Exception, race: str) -> list[Any]:
    """One sentence in place of a result, above the race that there is to see without one."""
    hidden = gr.update(visible=False)
    return [error_html(error), race, hidden, "", None, None, hidden, "", no_timeline(), "", "", None, None]


def _plot(name: str) -> gr.Plot:
    return gr.Plot(show_label=False, elem_id=name, elem_classes="sw-plot")
