"""The left and right of the Compare tab's desk: the recording, the examples, the settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import gradio as gr

from specwhisper.results import Comparison
from specwhisper.service.job import LOOKAHEADS, PRECISIONS
from specwhisper.ui.examples import Example
from specwhisper.ui.inputs import pair_input, recording_input, speech_choices
from specwhisper.vocabulary.languages import LANGUAGES

UNFOLD = """element.addEventListener("click", event => {
    if (event.target.dataset.go !== "change") return;
    element.querySelector(".sw-folded").remove();
    document.getElementById("run").focus({preventScroll: true});
});"""
"""The style sheet hides the form while the line is there."""


@dataclass(frozen=True, slots=True)
class CompareForm:
    """The components that start a run; :meth:`inputs` is in the order of ``parse_job``."""

    folded: gr.HTML
    audio: gr.Audio
    examples: tuple[gr.Button, ...]
    pair: gr.Dropdown
    pair_note: gr.HTML
    language: gr.Dropdown
    task: gr.Radio
    precision: gr.Radio
    lookahead: gr.Dropdown
    run: gr.Button
    stop: gr.Button
    saved: gr.UploadButton

    def inputs(self) -> list[Any]:
        return [self.audio, self.pair, self.language, self.task, self.precision, self.lookahead]


def create_form(pair: str, examples: Sequence[Example]) -> CompareForm:
    """Lay the form out inside the current tab, and the line that it folds to when there is a result."""
    folded = gr.HTML(js_on_load=UNFOLD, elem_id="folded", padding=False)
    with gr.Row(elem_classes="sw-desk", equal_height=False):
        with gr.Column(scale=6, min_width=320):
            audio = recording_input("Recording", "recording")
            buttons = _examples(examples)
        with gr.Column(scale=5, min_width=320, elem_classes="sw-settings"):
            pair_choice = pair_input(pair, "pair", "From the list, or typed")
            note = gr.HTML(elem_id="pair-note")
            language, task = speech_choices()
            precision, lookahead = _advanced()
            with gr.Row():
                run = gr.Button("Compare", variant="primary", size="lg", elem_id="run")
                stop = gr.Button("Stop", size="lg", elem_id="stop", visible=False)
            saved = gr.UploadButton(
                "Open a saved comparison", file_types=[".json"], size="sm", elem_id="open-saved"
            )
    return CompareForm(
        folded, audio, buttons, pair_choice, note, language, task, precision, lookahead, run, stop, saved
    )


def folded_html(comparison: Comparison, name: str) -> str:
    """The form in one line: what was compared, and the way back to it.

    Args:
        name: of the recording.
    """
    transcript = comparison.speculative
    language = LANGUAGES.get(transcript.language, transcript.language)
    what = [name, " + ".join(filter(None, (transcript.stats.main, transcript.stats.draft))), language]
    return (
        '<section class="sw-folded" aria-label="What was compared">'
        f"<p>{escape(' · '.join(filter(None, what)))}</p>"
        '<button type="button" data-go="change">Change</button></section>'
    )


def _examples(examples: Sequence[Example]) -> tuple[gr.Button, ...]:
    if not examples:
        return ()
    gr.HTML('<h2 class="sw-label">Examples: one click runs the comparison</h2>')
    with gr.Row(elem_classes="sw-examples"):
        return tuple(
            gr.Button(f"▶ {example.title}", size="md", min_width=120, elem_classes="sw-example")
            for example in examples
        )


def _advanced() -> tuple[gr.Radio, gr.Dropdown]:
    with gr.Accordion("Advanced", open=False):
        precision = gr.Radio(
            list(PRECISIONS),
            value="auto",
            label="Precision",
            info="auto: fp16 on CUDA, else fp32. int8 and bf16: CPU only",
        )
        lookahead = gr.Dropdown(
            list(LOOKAHEADS), value="auto", label="Lookahead", info="Tokens drafted before main checks them"
        )
    return precision, lookahead
