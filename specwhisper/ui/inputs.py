"""Inputs that several tabs have: the recording, the pair, the language and the task."""

from __future__ import annotations

from typing import Any

import gradio as gr

from specwhisper.service.engine import Engine
from specwhisper.service.job import DETECT
from specwhisper.ui.events import UNQUEUED
from specwhisper.vocabulary.languages import LANGUAGES


def recording_input(label: str, name: str) -> gr.Audio:
    """A file or the microphone; ``name`` is the element's id."""
    return gr.Audio(
        sources=["upload", "microphone"],
        type="filepath",
        label=label,
        editable=False,
        buttons=[],
        elem_id=name,
    )


def pair_input(pair: str, name: str, info: str | None = None) -> gr.Dropdown:
    """The pairs there are, or one that is typed."""
    return gr.Dropdown(
        [pair],
        value=pair,
        label="Model pair (main + draft)",
        info=info,
        elem_id=name,
        allow_custom_value=True,
    )


def offer_pairs(app: gr.Blocks, engine: Engine, chosen: gr.Dropdown) -> None:
    """Fill the choices when the page is opened: what can be had changes meanwhile."""

    def choices() -> Any:
        names = [state.name for state in engine.pairs() if state.state != "unavailable"]
        return gr.update(choices=list(dict.fromkeys([engine.default_pair, *names])))

    app.load(choices, outputs=chosen, **UNQUEUED)


def language_input(name: str) -> gr.Dropdown:
    """Which language is spoken, or that it shall be found out."""
    return gr.Dropdown(
        [("Detect", DETECT), *((name, code) for code, name in LANGUAGES.items())],
        value=DETECT,
        label="Language",
        elem_id=name,
        scale=2,
        min_width=120,
    )


def speech_choices(prefix: str = "") -> tuple[gr.Dropdown, gr.Radio]:
    """Language and task; ``prefix`` tells the elements of one tab from another's."""
    with gr.Row(elem_classes="sw-two"):
        language = language_input(f"{prefix}language")
        task = gr.Radio(
            [("Transcribe", "transcribe"), ("Translate", "translate")],
            value="transcribe",
            label="Task",
            elem_id=f"{prefix}task",
            elem_classes="sw-task",
            scale=3,
            min_width=120,
        )
    return language, task
