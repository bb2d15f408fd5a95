"""The timeline as the two tabs show it: drawn after the text is there, and never in its way."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any, BinaryIO

import gradio as gr

from specwhisper.audio.decode import load_audio
from specwhisper.output.figures_timeline import sound_timeline
from specwhisper.results import Transcript

log = logging.getLogger(__name__)


def create_timeline(name: str) -> gr.Plot:
    """Its place, empty; on a narrow screen it scrolls sideways, so that its words stay readable."""
    return gr.Plot(show_label=False, visible=False, elem_id=name, elem_classes="sw-plot sw-wide")


def no_timeline() -> Any:
    """Nothing in its place."""
    return gr.update(value=None, visible=False)


def drawn(transcript: Transcript, audio: Path | BinaryIO, max_seconds: float) -> Any:
    """The timeline in its place; nothing, and a line in the log, where it cannot be drawn."""
    try:
        figure = sound_timeline(transcript, load_audio(audio, max_seconds=max_seconds))
    except Exception:  # the text is there and stays there, whatever is wrong with its picture
        log.warning("the timeline cannot be drawn", exc_info=True)
        return no_timeline()
    return gr.update(value=figure, visible=True)
