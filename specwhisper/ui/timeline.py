"""The timeline as the two tabs show it: drawn after the text is there, and never in its way."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr

from specwhisper.audio.decode import load_audio
from specwhisper.audio.waveform import SAMPLE_RATE
from specwhisper.output.figures_timeline import sound_timeline
from specwhisper.results import Transcript
from specwhisper.ui.events import QUIET

log = logging.getLogger(__name__)


def create_timeline(name: str) -> gr.Plot:
    """Its place, empty; on a narrow screen it scrolls sideways, so that its words stay readable."""
    return gr.Plot(show_label=False, visible=False, elem_id=name, elem_classes="sw-plot sw-wide")


def no_timeline() -> Any:
    """Nothing in its place."""
    return gr.update(value=None, visible=False)


def waiting_timeline() -> Any:
    """Its room, kept free while it is drawn: what stands below it should not jump."""
    return gr.update(value=None, visible=True)


def follow(heard: gr.State, timeline: gr.Plot, max_seconds: float) -> dict[str, Any]:
    """An event that draws the timeline after a run.

    It is of its own, not a last picture of the run: of two that follow closely the page may miss one.

    Args:
        heard: holds the transcript, its recording and how much of that was transcribed (s; None for all);
            None after an error.
    """

    def draw(heard: tuple[Transcript, Path, float | None] | None) -> Any:
        return _drawn(*heard, max_seconds) if heard else no_timeline()

    return {"fn": draw, "inputs": heard, "outputs": timeline, **QUIET}


def _drawn(transcript: Transcript, audio: Path, reached: float | None, max_seconds: float) -> Any:
    """The timeline in its place; nothing, and a line in the log, where it cannot be drawn."""
    try:
        sound = load_audio(audio, max_seconds=max_seconds)
        if reached is not None:
            sound = replace(sound, samples=sound.samples[: round(reached * SAMPLE_RATE)])
        figure = sound_timeline(transcript, sound)
    except Exception:  # the text is there and stays there, whatever is wrong with its picture
        log.warning("the timeline cannot be drawn", exc_info=True)
        return no_timeline()
    return gr.update(value=figure, visible=True)
