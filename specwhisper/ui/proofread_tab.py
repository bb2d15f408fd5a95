"""The Proofread tab: captions and a recording in, what is wrong with the captions out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from specwhisper.captions.captions import Captions
from specwhisper.captions.read import ENDINGS, parse_captions, read_captions
from specwhisper.errors import OptionError
from specwhisper.proofread import Proofread
from specwhisper.service.engine import Engine
from specwhisper.service.job import parse_job
from specwhisper.ui.busy import Busy
from specwhisper.ui.config import asset_text
from specwhisper.ui.events import QUIET, RUN, go_to
from specwhisper.ui.inputs import offer_pairs, pair_input, recording_input, speech_choices
from specwhisper.ui.kept import PROOFREAD, asked_run, bring_back
from specwhisper.ui.live import LiveRun, Progress, pictures, progress_html, told_until
from specwhisper.ui.memory import remember
from specwhisper.ui.page import error_html
from specwhisper.ui.proofread_html import nothing_checked_html, proofread_html
from specwhisper.ui.stops import Stops
from specwhisper.ui.tabs import Shared
from specwhisper.ui.zero import on_gpu


@dataclass(frozen=True, slots=True)
class ProofreadTab:
    """The components, as far as events need them."""

    audio: gr.Audio
    file: gr.File
    pasted: gr.Textbox
    pair: gr.Dropdown
    language: gr.Dropdown
    run: gr.Button
    stop: gr.Button
    result: gr.HTML
    files: gr.Row
    downloads: tuple[gr.DownloadButton, ...]

    def inputs(self) -> list[Any]:
        return [self.audio, self.file, self.pasted, self.pair, self.language]

    def outputs(self) -> list[Any]:
        return [self.result, self.files, *self.downloads]


def captions_from(file: str | None, pasted: str | None) -> Captions:
    """What a visitor gave: a file, or a text.

    Raises:
        OptionError: neither, or it holds no words.
    """
    if file:
        return read_captions(Path(file))
    if pasted and pasted.strip():
        return parse_captions(pasted)
    raise OptionError("There are no captions yet: choose a file, or paste a text.")


def create_proofread_tab(shared: Shared) -> None:
    """Build the tab inside the page, whose context is open."""
    app, engine, runs, downloads = shared.app, shared.engine, shared.runs, shared.downloads
    stops = Stops(app, shared.grace)
    with gr.Tab("Proofread", id="proofread", elem_id="proofread-tab"):
        tab = _lay_out(engine, shared.assets)
        asked = asked_run()

    def run_proofread(
        audio: str | None,
        file: str | None,
        pasted: str | None,
        pair: str,
        language: str,
        request: gr.Request,
    ) -> Iterator[list[Any]]:
        session = request.session_hash
        stop = stops.begin(session)
        try:
            job = parse_job(audio, pair, language)
            captions = captions_from(file, pasted)
            name = Path(file).name if file else f"captions.{captions.form}"

            def check(show: Callable[[Progress], None]) -> Proofread:
                on_progress = told_until(stop, show, "Stopped before the captions were checked.")
                return engine.proofread(job, captions, on_progress, session or "")

            run = LiveRun(check, stop, str(job.audio), name)
            yield from watched(run, runs.keep(run, PROOFREAD), session)
        except Exception as error:  # noqa: BLE001 - error_html() logs what is not the user's doing
            yield _failed(error)
        finally:
            stops.end(session, stop)

    def watched(run: LiveRun[Progress, Proofread], name: str, session: str | None) -> Iterator[list[Any]]:
        """How far it is, and at last the outcome."""

        def doing(progress: Progress) -> list[Any]:
            return [progress_html(*progress, name), gr.update(visible=False), *[gr.skip()] * 2]

        yield doing((0.0, "Starting"))
        yield from pictures(run, stops, session, doing, lambda found: shown(run, found, name))

    def shown(run: LiveRun[Progress, Proofread], found: Proofread, name: str) -> list[Any]:
        saved = downloads.proofread(found, run.name)
        return [proofread_html(found, run.audio, name), gr.update(visible=True), *map(str, saved)]

    go: dict[str, Any] = {
        "fn": on_gpu(run_proofread),
        "inputs": tab.inputs(),
        "outputs": tab.outputs(),
        "js": go_to("proofread"),
        **QUIET | RUN,
    }
    busy = Busy.of([tab.run], tab.stop, "#proof-run", stops)
    tab.run.click(**busy.begin()).then(**go).then(**busy.end())

    offer_pairs(app, engine, tab.pair)
    bring_back(app, asked, PROOFREAD, runs, busy, tab.outputs(), watched, _failed)
    remember(app, shared.kept["proofread"], [tab.pair, tab.language])


def _failed(error: Exception) -> list[Any]:
    return [error_html(error), gr.update(visible=False), None, None]


def _lay_out(engine: Engine, assets: Path) -> ProofreadTab:
    pair = engine.default_pair
    with gr.Row(elem_classes="sw-desk", equal_height=False):
        with gr.Column(scale=6, min_width=320):
            audio = recording_input("Recording", "proof-recording")
            file = gr.File(
                label="Its captions or text",
                file_types=[*ENDINGS],
                type="filepath",
                elem_id="proof-captions",
                height=170,
            )
        with gr.Column(scale=5, min_width=320, elem_classes="sw-settings"):
            models = pair_input(pair, "proof-pair")
            language, task = speech_choices("proof-")
            task.visible = False
            with gr.Accordion("Paste a text instead of a file", open=False):
                pasted = gr.Textbox(label="Captions or text", lines=6, elem_id="proof-text")
            with gr.Row():
                run = gr.Button("Proofread", variant="primary", size="lg", elem_id="proof-run")
                stop = gr.Button("Stop", size="lg", elem_id="proof-stop", visible=False)
    script = asset_text(
        assets / "page" / "kept.js",
        assets / "page" / "cursor.js",
        assets / "transcript" / "proofread.js",
        assets / "transcript" / "transcript.js",
    )
    result = gr.HTML(nothing_checked_html(), js_on_load=script, elem_id="proofread")
    with gr.Row(visible=False, elem_id="proof-files", elem_classes="sw-files") as files:
        gr.HTML('<span class="sw-label">Download</span>', min_width=80)
        saved = (
            gr.DownloadButton("Corrected captions", size="md", min_width=160, elem_id="proof-corrected"),
            gr.DownloadButton("Differences (JSON)", size="md", min_width=160, elem_id="proof-json"),
        )
    return ProofreadTab(audio, file, pasted, models, language, run, stop, result, files, saved)
