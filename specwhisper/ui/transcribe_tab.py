"""The Transcribe tab: recordings of any length, text while it is verified, files to take along."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr

from specwhisper.captions.read import ENDINGS, read_captions
from specwhisper.results import Transcript
from specwhisper.service.engine import Engine
from specwhisper.service.job import DETECT, parse_job
from specwhisper.ui.busy import Busy
from specwhisper.ui.clips import Clips, create_clips, nothing_offered, offered
from specwhisper.ui.config import asset_text
from specwhisper.ui.downloads import FORMS, Downloads, transcript_files
from specwhisper.ui.events import QUIET, RUN, UNQUEUED, go_to
from specwhisper.ui.examples import Example
from specwhisper.ui.inputs import offer_pairs, pair_input, recording_input, speech_choices
from specwhisper.ui.kept import TRANSCRIPT, asked_run, bring_back
from specwhisper.ui.live import LiveTranscription, Picture, pictures
from specwhisper.ui.memory import remember
from specwhisper.ui.page import error_html
from specwhisper.ui.stops import Stops
from specwhisper.ui.tabs import Shared
from specwhisper.ui.timeline import create_timeline, follow, no_timeline
from specwhisper.ui.transcript_html import live_html, nothing_yet_html, transcript_html
from specwhisper.ui.zero import on_gpu
from specwhisper.vocabulary.languages import LANGUAGES


@dataclass(frozen=True, slots=True)
class TranscribeTab:
    """The components, as far as events need them."""

    audio: gr.Audio
    examples: tuple[gr.Button, ...]
    pair: gr.Dropdown
    language: gr.Dropdown
    task: gr.Radio
    words: gr.Checkbox
    vad: gr.Checkbox
    prompt: gr.Textbox
    hotwords: gr.Textbox
    among: gr.Dropdown
    draft_text: gr.File
    run: gr.Button
    stop: gr.Button
    result: gr.HTML
    files: gr.Row
    downloads: tuple[gr.DownloadButton, ...]
    timeline: gr.Plot
    clips: Clips
    heard: gr.State  # the transcript and its recording, for the timeline

    def inputs(self) -> list[Any]:
        return [
            self.audio, self.pair, self.language, self.task, self.words, self.vad, self.prompt,
            self.hotwords, self.among, self.draft_text,
        ]  # fmt: skip

    def outputs(self) -> list[Any]:
        return [
            self.result, self.files, *self.downloads, self.timeline, *self.clips.outputs(), self.heard,
        ]  # fmt: skip


def create_transcribe_tab(shared: Shared) -> None:
    """Build the tab inside the page, whose context is open."""
    app, engine, runs, downloads = shared.app, shared.engine, shared.runs, shared.downloads
    stops = Stops(app, shared.grace)
    with gr.Tab("Transcribe", id="transcribe", elem_id="transcribe-tab"):
        tab = _lay_out(engine, downloads, shared.examples, shared.assets)
        asked = asked_run()

    def run_transcription(
        audio: str | None,
        pair: str,
        language: str,
        task: str,
        words: bool,
        vad: bool,
        prompt: str | None,
        hotwords: str | None,
        among: list[str] | None,
        draft_text: str | None,
        request: gr.Request,
    ) -> Iterator[list[Any]]:
        session = request.session_hash
        stop = stops.begin(session)
        try:
            job = parse_job(audio, pair, language, task)
            yield [live_html((), None), *_working()]
            transcribe = partial(
                engine.transcribe,
                job,
                client=session or "",
                timestamps="word" if words else "segment",
                vad=vad,
                initial_prompt=(prompt or "").strip() or None,
                hotwords=(hotwords or "").strip() or None,
                languages=tuple(among or ()) if job.language is None else (),
                draft_text=read_captions(Path(draft_text)) if draft_text else None,
            )
            run = LiveTranscription(job, transcribe, stop)
            yield from watched(run, runs.keep(run, TRANSCRIPT), session)
        except Exception as error:  # noqa: BLE001 - error_html() logs what is not the user's doing
            yield _failed(error)
        finally:
            stops.end(session, stop)

    def watched(run: LiveTranscription, name: str, session: str | None) -> Iterator[list[Any]]:
        """The growing text, and at last all there is."""

        def doing(picture: Picture) -> list[Any]:
            return [live_html(picture.segments, picture.update, picture.doing, name), *_working()]

        yield from pictures(run, stops, session, doing, lambda transcript: shown(run, transcript, name))

    def shown(run: LiveTranscription, transcript: Transcript, name: str) -> list[Any]:
        audio, reached = Path(run.audio), run.stopped_at
        if reached is not None and reached >= transcript.duration:
            reached = None
        return [
            transcript_html(transcript, str(audio), name, reached=reached),
            gr.update(visible=True),
            *map(str, downloads.transcript(transcript, run.name)),
            no_timeline(),
            *offered(transcript, audio),
            (transcript, audio, reached),
        ]

    go: dict[str, Any] = {
        "fn": on_gpu(run_transcription),
        "inputs": tab.inputs(),
        "outputs": tab.outputs(),
        "js": go_to("transcript"),
        **QUIET | RUN,
    }
    timeline = follow(tab.heard, tab.timeline, engine.max_seconds)
    busy = Busy.of([tab.run, *tab.examples], tab.stop, "#long-run, #transcribe-tab .sw-example", stops)
    tab.run.click(**busy.begin()).then(**go).then(**busy.end()).then(**timeline)
    for button, example in zip(tab.examples, shared.examples, strict=True):
        picked = button.click(**busy.begin()).then(
            _picker(example), outputs=[tab.audio, tab.language], **UNQUEUED
        )
        picked.then(**go).then(**busy.end()).then(**timeline)

    offer_pairs(app, engine, tab.pair)
    bring_back(app, asked, TRANSCRIPT, runs, busy, tab.outputs(), watched, _failed).then(**timeline)
    remember(app, shared.kept["transcribe"], [tab.pair, tab.language, tab.task, tab.words, tab.vad])


def _working() -> list[Any]:
    return [
        gr.update(visible=False),
        *[gr.skip()] * len(FORMS),
        no_timeline(),
        *nothing_offered(),
        None,
    ]


def _failed(error: Exception) -> list[Any]:
    return [
        error_html(error),
        gr.update(visible=False),
        *[None] * len(FORMS),
        no_timeline(),
        *nothing_offered(),
        None,
    ]


def _lay_out(
    engine: Engine, downloads: Downloads, examples: Sequence[Example], assets: Path
) -> TranscribeTab:
    pair = engine.default_pair
    with gr.Row(elem_classes="sw-desk", equal_height=False):
        with gr.Column(scale=6, min_width=320):
            audio = recording_input("Recording of any length", "long-recording")
            buttons: tuple[gr.Button, ...] = ()
            if examples:
                gr.HTML('<h2 class="sw-label">Examples: one click transcribes</h2>')
                with gr.Row(elem_classes="sw-examples"):
                    buttons = tuple(
                        gr.Button(f"▶ {each.title}", size="md", min_width=120, elem_classes="sw-example")
                        for each in examples
                    )
        with gr.Column(scale=5, min_width=320, elem_classes="sw-settings"):
            models = pair_input(pair, "long-pair")
            language, task = speech_choices("long-")
            with gr.Row(elem_classes="sw-two"):
                words = gr.Checkbox(True, label="Word timestamps", elem_id="long-words")
                vad = gr.Checkbox(True, label="Skip silence", elem_id="long-vad")
            with gr.Accordion("Advanced", open=False):
                prompt = gr.Textbox(
                    label="Prompt", info="As if said before: names, spelling, style", elem_id="long-prompt"
                )
                hotwords = gr.Textbox(
                    label="Hotwords", info="Words to expect, all along: names, terms", elem_id="long-hotwords"
                )
                among = gr.Dropdown(
                    [(name, code) for code, name in LANGUAGES.items()],
                    value=[],
                    multiselect=True,
                    label="Languages to detect",
                    info="Where the language is detected, only these; none: any",
                    elem_id="long-among",
                )
                draft_text = gr.File(
                    label="Draft text: captions that exist",
                    file_types=[*ENDINGS],
                    type="filepath",
                    elem_id="long-draft-text",
                    height=170,
                )
            with gr.Row():
                run = gr.Button("Transcribe", variant="primary", size="lg", elem_id="long-run")
                stop = gr.Button("Stop", size="lg", elem_id="long-stop", visible=False)
    result = gr.HTML(
        nothing_yet_html(),
        js_on_load=asset_text(
            assets / "page" / "kept.js",
            assets / "page" / "cursor.js",
            assets / "transcript" / "tab.js",
            assets / "transcript" / "transcript.js",
        ),
        elem_id="transcript",
    )
    files, saved = transcript_files("long-")
    clips = create_clips(downloads, engine.max_seconds)
    timeline = create_timeline("long-timeline")
    heard = gr.State()
    return TranscribeTab(
        audio, buttons, models, language, task, words, vad, prompt, hotwords, among, draft_text, run, stop,
        result, files, saved, timeline, clips, heard,
    )  # fmt: skip


def _picker(example: Example) -> Callable[[], tuple[str, str]]:
    return lambda: (str(example.audio), DETECT)
