"""The sound of one segment, to download: a list to choose from, and a button."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from specwhisper.audio.decode import load_audio
from specwhisper.audio.windows import clock
from specwhisper.results import Transcript
from specwhisper.service.answer import explain
from specwhisper.ui.downloads import Downloads
from specwhisper.ui.events import UNQUEUED

_LETTERS = 60


@dataclass(frozen=True, slots=True)
class Heard:
    """What the list is of: a recording, and where each of its segments lies (s)."""

    audio: Path
    segments: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Clips:
    """The components; :func:`offered` and :func:`nothing_offered` return values for :meth:`outputs`."""

    row: gr.Row
    heard: gr.State
    segment: gr.Dropdown
    button: gr.DownloadButton

    def outputs(self) -> list[Any]:
        return [self.row, self.heard, self.segment, self.button]


def create_clips(downloads: Downloads, max_seconds: float) -> Clips:
    """Lay it out inside the current tab, hidden, and have it work."""
    with gr.Row(visible=False, elem_id="long-clips", elem_classes="sw-clips", equal_height=True) as row:
        heard = gr.State(None)
        segment = gr.Dropdown(
            [], label="Sound of one segment", elem_id="long-segment", scale=3, min_width=220
        )
        button = gr.DownloadButton(
            "Download its WAV", size="md", interactive=False, min_width=160, elem_id="long-clip"
        )

    def cut(heard: Heard | None, chosen: int | None) -> Any:
        if heard is None or chosen is None:
            return gr.update(value=None, interactive=False)
        try:
            sound = load_audio(heard.audio, max_seconds=max_seconds).cut(*heard.segments[chosen])
            file = downloads.clip(sound, heard.audio.name, chosen + 1)
        except Exception as error:
            raise gr.Error(explain(error), print_exception=False) from error
        return gr.update(value=str(file), interactive=True)

    segment.input(cut, [heard, segment], button, **UNQUEUED)
    return Clips(row, heard, segment, button)


def offered(transcript: Transcript, audio: Path) -> list[Any]:
    """The segments of a transcript to choose from."""
    segments = transcript.segments
    choices = [(f"{clock(each.start)}  {_short(each.text)}", at) for at, each in enumerate(segments)]
    return [
        gr.update(visible=bool(segments)),
        Heard(audio, tuple((each.start, each.end) for each in segments)),
        gr.update(choices=choices, value=None),
        gr.update(value=None, interactive=False),
    ]


def nothing_offered() -> list[Any]:
    """No list."""
    return [gr.update(visible=False), None, gr.update(choices=[], value=None), gr.update(value=None)]


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LETTERS else f"{text[: _LETTERS - 1]}…"
