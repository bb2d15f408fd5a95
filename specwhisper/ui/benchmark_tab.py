"""The Benchmark tab: a few pairs on a few clips, tables and figures, a report to take along."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from specwhisper.audio.windows import clock
from specwhisper.output.page import Section, markdown_to_html
from specwhisper.progress import queued
from specwhisper.service.benchmark import (
    MOST_CLIPS,
    MOST_PAIRS,
    MOST_ROUNDS,
    BenchmarkJob,
    Sample,
    of_set,
    parse_benchmark,
    sets,
)
from specwhisper.service.job import DETECT, PRECISIONS
from specwhisper.ui.busy import Busy
from specwhisper.ui.downloads import REPORTS, Downloads
from specwhisper.ui.events import QUIET, RUN, UNQUEUED, go_to
from specwhisper.ui.examples import Example
from specwhisper.ui.kept import BENCHMARK, asked_run, bring_back, names_run
from specwhisper.ui.live import LiveRun, pictures, progress_html
from specwhisper.ui.memory import remember
from specwhisper.ui.page import error_html
from specwhisper.ui.stops import Stops
from specwhisper.ui.tabs import Shared
from specwhisper.ui.zero import on_gpu
from specwhisper.vocabulary.languages import LANGUAGES

if TYPE_CHECKING:
    from specwhisper.evaluation.common.document import Document

FIGURES = 4
OURS, MINE, PUBLIC = "Example clips", "My recordings", "A public set"
FEW = 5
"""Clips of a public set, at first."""


@dataclass(frozen=True, slots=True)
class BenchmarkTab:
    """The components, as far as events need them."""

    pairs: gr.Dropdown
    source: gr.Radio
    files: gr.File
    references: gr.Textbox
    language: gr.Dropdown
    public: gr.Dropdown
    clips: gr.Slider
    precision: gr.Radio
    rounds: gr.Slider
    run: gr.Button
    stop: gr.Button
    status: gr.HTML
    tables: gr.HTML
    plots: tuple[gr.Plot, ...]
    saved: gr.Row
    downloads: tuple[gr.DownloadButton, ...]

    def inputs(self) -> list[Any]:
        return [
            self.pairs, self.source, self.files, self.references, self.language, self.public, self.clips,
            self.precision, self.rounds,
        ]  # fmt: skip

    def outputs(self) -> list[Any]:
        return [self.status, self.tables, self.saved, *self.plots, *self.downloads]


@dataclass(frozen=True, slots=True)
class Measuring:
    """How far a benchmark is.

    Attributes:
        began: when its first clip did, on the monotonic clock (s).
    """

    fraction: float
    doing: str
    began: float | None = None

    @property
    def left(self) -> str:
        """How long it still takes, once enough is done to tell."""
        if self.began is None or not 0.1 <= self.fraction < 1:
            return ""
        spent = time.monotonic() - self.began
        if spent < 2:
            return ""
        return f"about {clock(round(spent / self.fraction * (1 - self.fraction)))} left"


def create_benchmark_tab(shared: Shared) -> None:
    """Build the tab inside the page, whose context is open."""
    app, engine, runs = shared.app, shared.engine, shared.runs
    stops = Stops(app, shared.grace)
    with gr.Tab("Benchmark", id="benchmark", elem_id="benchmark-tab"):
        tab = _lay_out(engine.default_pair, shared.assets, with_examples=bool(shared.examples))
        asked = asked_run()

    def run_benchmark(
        pairs: list[str],
        source: str,
        files: list[str] | None,
        references: str,
        language: str,
        public: str,
        clips: float,
        precision: str,
        rounds: float,
        request: gr.Request,
    ) -> Iterator[list[Any]]:
        session = request.session_hash
        stop = stops.begin(session)
        try:
            if source == PUBLIC:
                # Whatever is wrong with the choices is said before anything is fetched.
                job = parse_benchmark(pairs, [public], "", DETECT, precision, rounds)
            else:
                job = _job(pairs, source, files, references, language, precision, rounds, shared.examples)

            def measure(show: Callable[[Measuring], None]) -> Document:
                measured = job
                if source == PUBLIC:
                    show(Measuring(0.0, f"Fetching {public}"))
                    measured = replace(job, samples=of_set(public, clips))
                began = time.monotonic()
                show(Measuring(0.0, queued()))
                return engine.benchmark(
                    measured, lambda fraction, told: show(Measuring(fraction, told, began)), stop
                )

            run = LiveRun(measure, stop)
            yield from watched(run, runs.keep(run, BENCHMARK), session)
        except Exception as error:  # noqa: BLE001 - error_html() logs what is not the user's doing
            yield failed(error)
        finally:
            stops.end(session, stop)

    def watched(run: LiveRun[Measuring, Document], name: str, session: str | None) -> Iterator[list[Any]]:
        """How far it is, and at last the report."""

        def doing(progress: Measuring) -> list[Any]:
            told = " · ".join(filter(None, (progress.doing, progress.left)))
            return _empty(progress_html(progress.fraction, told, name))

        yield from pictures(
            run,
            stops,
            session,
            doing,
            lambda document: _done(document, name, shared.downloads, stopped=run.stop.is_set()),
        )

    def failed(error: Exception) -> list[Any]:
        return _empty(error_html(error))

    busy = Busy.of([tab.run], tab.stop, "#bench-run", stops, "Stopping after this clip …")
    measured = tab.run.click(**busy.begin()).then(
        on_gpu(run_benchmark),
        inputs=tab.inputs(),
        outputs=tab.outputs(),
        js=go_to("bench-status"),
        **QUIET | RUN,
    )
    measured.then(**busy.end())
    tab.source.change(
        lambda source: [gr.update(visible=source == MINE)] * 3 + [gr.update(visible=source == PUBLIC)] * 2,
        inputs=tab.source,
        outputs=[tab.files, tab.references, tab.language, tab.public, tab.clips],
        **UNQUEUED,
    )

    def choices() -> Any:
        names = [state.name for state in engine.pairs() if state.state != "unavailable" and "+" in state.name]
        return gr.update(choices=list(dict.fromkeys([engine.default_pair, *names])))

    app.load(choices, outputs=tab.pairs, **UNQUEUED)
    bring_back(app, asked, BENCHMARK, runs, busy, tab.outputs(), watched, failed)
    remember(app, shared.kept["benchmark"], [tab.pairs, tab.precision, tab.rounds])


def _job(
    pairs: list[str],
    source: str,
    files: list[str] | None,
    references: str,
    language: str,
    precision: str,
    rounds: float,
    examples: Sequence[Example],
) -> BenchmarkJob:
    if source == MINE:
        return parse_benchmark(pairs, files, references, language, precision, rounds)
    job = parse_benchmark(pairs, [each.audio for each in examples], "", DETECT, precision, rounds)
    samples = tuple(Sample(each.audio, each.text, each.language) for each in examples)
    return BenchmarkJob(job.pairs, samples, job.precision, job.rounds)


def _done(document: Document, run: str, downloads: Downloads, *, stopped: bool) -> list[Any]:
    figures = [figure for section in document.sections for figure in section.figures][:FIGURES]
    plots = [gr.update(value=figure, visible=True) for figure in figures]
    plots += [gr.update(value=None, visible=False)] * (FIGURES - len(plots))
    note = "Stopped: the report is of the clips that were done. " if stopped else ""
    found, *others = document.sections  # what was found comes first, above the figures
    lead = f'<p class="sw-lead">{escape(note + document.lead)}</p>'
    first = f'<section class="sw-report" role="status" data-kept="{escape(run)}">'
    return [
        f"{first}{_section(found)}{lead}</section>",
        f'<section class="sw-report">{"".join(map(_section, others))}</section>',
        gr.update(visible=True),
        *plots,
        *map(str, downloads.report(document)),
    ]


def _section(section: Section) -> str:
    return f"<h2>{escape(section.title)}</h2>{markdown_to_html(section.text)}"


def _empty(status: str) -> list[Any]:
    return [status, "", gr.update(visible=False), *_nothing()]


def _nothing() -> list[Any]:
    return [*[gr.update(value=None, visible=False)] * FIGURES, *[None] * len(REPORTS)]


def _lay_out(pair: str, assets: Path, *, with_examples: bool) -> BenchmarkTab:
    with gr.Row(elem_classes="sw-desk", equal_height=False):
        with gr.Column(scale=6, min_width=320):
            pairs = gr.Dropdown(
                [pair],
                value=[pair],
                multiselect=True,
                max_choices=MOST_PAIRS,
                label=f"Pairs: main + draft, up to {MOST_PAIRS}",
                elem_id="bench-pairs",
            )
            source = gr.Radio(
                [OURS, MINE, PUBLIC] if with_examples else [MINE, PUBLIC],
                value=OURS if with_examples else MINE,
                label="Clips",
                elem_id="bench-source",
            )
            files = gr.File(
                label=f"Recordings, up to {MOST_CLIPS}",
                file_count="multiple",
                type="filepath",
                visible=not with_examples,
                elem_id="bench-files",
            )
            references = gr.Textbox(
                label="What is said, one line for each recording (optional)",
                info="With it the report has error rates",
                lines=3,
                visible=not with_examples,
                elem_id="bench-references",
            )
            language = gr.Dropdown(
                [("Detect", DETECT), *((name, code) for code, name in LANGUAGES.items())],
                value=DETECT,
                label="Language",
                visible=not with_examples,
                elem_id="bench-language",
            )
            public = gr.Dropdown(
                list(sets()),
                value=sets()[0],
                label="Set",
                info="Of the Hugging Face Hub, with what is said; fetched once",
                visible=False,
                elem_id="bench-set",
            )
            clips = gr.Slider(
                1, MOST_CLIPS, value=FEW, step=1, label="Clips", visible=False, elem_id="bench-clips"
            )
        with gr.Column(scale=5, min_width=320, elem_classes="sw-settings"):
            with gr.Row(elem_classes="sw-two"):
                precision = gr.Radio(
                    list(PRECISIONS), value="auto", label="Precision", elem_id="bench-precision"
                )
                rounds = gr.Slider(1, MOST_ROUNDS, value=1, step=1, label="Rounds", elem_id="bench-rounds")
            with gr.Row():
                run = gr.Button("Run the benchmark", variant="primary", size="lg", elem_id="bench-run")
                stop = gr.Button("Stop", size="lg", elem_id="bench-stop", visible=False)
    status = gr.HTML(
        '<section class="sw-empty"><h2>Nothing measured yet</h2><p>Choose pairs and clips and run: every '
        "clip is written by main alone and with its draft, alternating.</p></section>",
        js_on_load=names_run(assets, BENCHMARK),
        elem_id="bench-status",
    )
    with gr.Row(visible=False, elem_id="bench-saved", elem_classes="sw-files") as saved:
        gr.HTML('<span class="sw-label">Download</span>', min_width=80)
        downloads = tuple(
            gr.DownloadButton(name, size="md", min_width=110, elem_id=f"bench-{name.replace('.', '-')}")
            for name in REPORTS
        )
    plots: list[gr.Plot] = []
    for _ in range(FIGURES // 2):
        with gr.Row(elem_classes="sw-figures"):  # two beside each other, on a phone one
            plots += [
                gr.Plot(show_label=False, visible=False, elem_classes="sw-plot", min_width=320)
                for _ in range(2)
            ]
    tables = gr.HTML("", elem_id="bench-tables")
    return BenchmarkTab(
        pairs, source, files, references, language, public, clips, precision, rounds, run, stop, status,
        tables, tuple(plots), saved, downloads,
    )  # fmt: skip
