"""The Live tab: a microphone, words while they are said, and the transcript when it stops."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import gradio as gr
import numpy as np

from specwhisper.service.job import DETECT
from specwhisper.ui.downloads import FORMS, transcript_files
from specwhisper.ui.events import QUIET, UNQUEUED
from specwhisper.ui.inputs import language_input, offer_pairs, pair_input
from specwhisper.ui.live_html import ended_html, nothing_said_html, talk_html
from specwhisper.ui.memory import remember
from specwhisper.ui.page import error_html
from specwhisper.ui.tabs import Shared
from specwhisper.ui.talks import Talk, Talks, mono

_EVERY = 0.5  # seconds of sound that the page sends at a time
_MORE = 4  # pages beyond those that can be served, so that they are told so


@dataclass(frozen=True, slots=True)
class LiveTab:
    """The components, as far as events need them."""

    microphone: gr.Audio
    pair: gr.Dropdown
    language: gr.Dropdown
    hotwords: gr.Textbox
    text: gr.HTML
    files: gr.Row
    downloads: tuple[gr.DownloadButton, ...]
    shown: gr.State  # what the page shows already


def create_live_tab(shared: Shared) -> None:
    """Build the tab inside the page, whose context is open."""
    app, engine, downloads = shared.app, shared.engine, shared.downloads
    talks = Talks()
    tab = _lay_out(engine.default_pair)

    def hear(
        chunk: tuple[int, np.ndarray] | None,
        pair: str,
        language: str,
        hotwords: str | None,
        shown: Talk | None,
        request: gr.Request,
    ) -> list[Any]:
        """More sound in; the text, where it is another one."""
        try:
            talk = talks.of(request.session_hash)
            if talk is None and talks.stopped(request.session_hash):
                return [gr.skip(), gr.skip()]
            if chunk is not None and len(chunk[1]):
                rate, samples = mono(chunk)
                if talk is None:
                    begin = partial(
                        engine.live,
                        pair,
                        "auto",
                        client=request.session_hash or "",
                        language=None if language == DETECT else language,
                        hotwords=(hotwords or "").strip() or None,
                    )
                    talk = talks.begin(request.session_hash, lambda rate: begin(sample_rate=rate), rate)
                talk.feed(samples)
            if talk is not None and (error := talk.failed()) is not None:
                return [error_html(error), talk.talk]
            if talk is None or talk.talk is shown:
                return [gr.skip(), gr.skip()]
            return [talk_html(talk.talk), talk.talk]
        except Exception as error:  # noqa: BLE001 - error_html() logs what is not the user's doing
            return [error_html(error), None]

    def anew(request: gr.Request) -> list[Any]:
        """The page begins to record."""
        talks.expect(request.session_hash)
        return [talk_html(Talk(ready=True)), None, gr.update(visible=False)]

    def end(request: gr.Request) -> list[Any]:
        """The page has stopped: all that was said, and files of it."""
        talk = talks.take(request.session_hash)
        try:
            transcript = talk.close() if talk else None
            if transcript is None:
                return [nothing_said_html(), gr.update(visible=False), *[gr.skip()] * len(FORMS)]
            files = map(str, downloads.transcript(transcript, "live"))
            return [ended_html(transcript), gr.update(visible=bool(transcript.segments)), *files]
        except Exception as error:  # noqa: BLE001 - as above
            return [error_html(error), gr.update(visible=False), *[gr.skip()] * len(FORMS)]

    def leave(request: gr.Request) -> None:
        talks.leave(request.session_hash)

    tab.microphone.start_recording(anew, outputs=[tab.text, tab.shown, tab.files], **UNQUEUED)
    tab.microphone.stream(
        hear,
        [tab.microphone, tab.pair, tab.language, tab.hotwords, tab.shown],
        [tab.text, tab.shown],
        stream_every=_EVERY,
        time_limit=None,
        concurrency_limit=engine.most_live + _MORE,
        **QUIET,
    )
    tab.microphone.stop_recording(
        end, outputs=[tab.text, tab.files, *tab.downloads], concurrency_limit=None, **QUIET
    )
    app.unload(leave)
    offer_pairs(app, engine, tab.pair)
    remember(app, shared.kept["live"], [tab.pair, tab.language])


def _lay_out(pair: str) -> LiveTab:
    with gr.Tab("Live", id="live", elem_id="live-tab"):
        with gr.Row(elem_classes="sw-desk", equal_height=False):
            with gr.Column(scale=6, min_width=320):
                microphone = gr.Audio(
                    sources=["microphone"],
                    streaming=True,
                    type="numpy",
                    label="Microphone",
                    editable=False,
                    buttons=[],
                    elem_id="live-microphone",
                )
            with gr.Column(scale=5, min_width=320, elem_classes="sw-settings"):
                models = pair_input(pair, "live-pair")
                language = language_input("live-language")
                hotwords = gr.Textbox(
                    label="Hotwords", info="Words to expect, all along: names, terms", elem_id="live-hotwords"
                )
        text = gr.HTML(nothing_said_html(), elem_id="live-text")
        files, saved = transcript_files("live-")
        shown = gr.State()
    return LiveTab(microphone, models, language, hotwords, text, files, saved, shown)
