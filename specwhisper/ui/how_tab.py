"""The "How it works" tab: one real decode, cycle by cycle, from recorded data (tools/record_cycles.py)."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from specwhisper.ui.config import asset_text

RECORD, SCRIPT = "decode.json", "play.js"

_STEPS = (
    ("Draft", "The small model writes a few tokens ahead. It is quick, and often right."),
    (
        "Verify",
        "The large model reads all of them in one pass, and so says what it would have written at each.",
    ),
    (
        "Keep",
        "What both agree on stays. At the first difference the large model substitutes its own token.",
    ),
)


def create_how_tab(folder: Path) -> None:
    """Build the tab inside the page that is open; without a record it explains in words alone."""
    script = asset_text(folder / SCRIPT)
    with gr.Tab("How it works", id="how", elem_id="how-tab"):
        gr.HTML(how_html(folder / RECORD), js_on_load=script, elem_id="how-page", padding=False)


def how_html(record: Path) -> str:
    """Three sentences, and the recorded decode with its controls."""
    steps = "".join(f"<li><b>{name}.</b> {text}</li>" for name, text in _STEPS)
    stage = _stage(json.loads(record.read_text("utf-8"))) if record.is_file() else ""
    return (
        '<section class="sw-how"><h2>Several tokens per pass</h2>'
        "<p>Whisper's decoder writes one token per pass, and every pass reads the whole model. Speculative "
        f"decoding gets several tokens out of most passes, and the same text.</p><ol>{steps}</ol>{stage}"
        "<p>The last line is why nothing is lost: only the large model decides. A bad draft costs time, "
        "never words.</p></section>"
    )


def _stage(data: dict[str, Any]) -> str:
    cycles = data["cycles"]
    kept = json.dumps(cycles, ensure_ascii=False)
    main, draft = escape(data["main"]), escape(data["draft"])
    return (
        f'<div class="sw-stage" data-cycles="{escape(kept)}" data-alone="{data["alone_ms_per_token"]}">'
        f"<p class='sw-source'>A real decode: {main} with {draft}, {escape(data['clip'])}</p>"
        f'<div class="sw-lane"><h3>{draft} proposes</h3><div class="sw-chips" data-lane="draft"></div></div>'
        f'<div class="sw-lane"><h3>{main} answers</h3><div class="sw-chips" data-lane="main"></div></div>'
        '<p class="sw-written" data-lane="text"></p>'
        '<p class="sw-tally" data-lane="tally" aria-live="polite"></p>'
        '<div class="sw-controls">'
        '<button type="button" data-go="first" aria-label="First cycle">«</button>'
        '<button type="button" data-go="back" aria-label="One cycle back">◀</button>'
        '<button type="button" data-go="play" class="sw-play">Play</button>'
        '<button type="button" data-go="next" aria-label="One cycle on">▶</button>'
        f'<input type="range" min="1" max="{len(cycles)}" value="1" aria-label="Cycle"></div></div>'
    )
