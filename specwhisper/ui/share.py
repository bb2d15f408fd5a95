"""How a comparison is passed on: a link, a picture that the browser draws, a page that plays its race."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from typing import Any

from specwhisper.output.palette import DRAFT_COLOUR, INK, MAIN_COLOUR, ORIGIN_COLOURS
from specwhisper.output.summary import find, metrics, ways
from specwhisper.results import Comparison, Transcript
from specwhisper.ui.config import asset_text
from specwhisper.ui.page import lasting
from specwhisper.ui.theme import build_css

_LETTERS = 400
"""Of the text, as much as a picture has room for."""

_TICKS = 300
"""Of the tokens, as many as can be told apart in a picture."""


def share_html(comparison: Comparison, seconds: float) -> str:
    """Buttons for a link, which is the page's address, and a picture.

    Args:
        seconds: how long the result is kept.
    """
    data = json.dumps(picture(comparison), ensure_ascii=False)
    return (
        f'<div class="sw-share" data-picture="{escape(data)}">'
        '<span class="sw-label">Share</span>'
        f'<button type="button" data-go="link" title="Opens this result for {lasting(seconds)}">'
        "Copy link</button>"
        '<button type="button" data-go="picture">Picture (PNG)</button>'
        '<label><input type="checkbox" data-part="quote"> with the words</label>'
        f'<span class="sw-said" data-part="said" role="status" data-lasts="{lasting(seconds)}"></span></div>'
    )


def picture(comparison: Comparison) -> dict[str, Any]:
    """The numbers and words of a picture."""
    numbers, finding = metrics(comparison), find(comparison)
    both = comparison.baseline, comparison.speculative
    origins = [piece.origin for piece in comparison.speculative.pieces for _ in piece.tokens]
    return {
        "identical": finding.identical,
        "verdict": finding.verdict,
        "speed": finding.speed_sentence,
        "ways": ways(comparison),
        "passes": [len(each.stats.cycles) for each in both],
        "decode": [each.stats.seconds.decode for each in both],
        "total": [each.stats.seconds.total for each in both],
        "about": f"{numbers['main']}+{numbers['draft']}, {numbers['precision']}, {numbers['device']}, "
        f"{numbers['duration']:.1f} s of sound",
        "quote": _short(comparison.speculative),
        "ticks": [ORIGIN_COLOURS[origin] for origin in origins[:_TICKS]],
        "colours": [MAIN_COLOUR, DRAFT_COLOUR, INK],
    }


def replay_html(comparison: Comparison, race: str, assets: Path) -> str:
    """A page that plays the race and needs nothing else; empty where there is no race.

    Args:
        race: of that comparison, see :func:`race_html`.
        assets: folder with style sheets and with the script that plays races.
    """
    script = asset_text(assets / "race" / "race.js")
    if not race or script is None:
        return ""
    finding = find(comparison)
    style = asset_text(assets / "share" / "replay.css") or ""
    style += build_css(assets / "css", ("race", "tokens"))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>SpecWhisper: {escape(finding.verdict)}</title>"
        f"<style>{style}</style></head><body><main>"
        f"<h1>{escape(finding.verdict)}</h1><p>{escape(finding.speed_sentence)}</p>"
        f'<div id="race">{race}</div>'
        "<footer>SpecWhisper: a large Whisper's exact words, drafted by a small one.</footer></main>"
        f'<script>{{ const element = document.getElementById("race");\n{script}\n}}</script></body></html>'
    )


def _short(transcript: Transcript) -> str:
    text = " ".join(transcript.text.split())
    return text if len(text) <= _LETTERS else f"{text[: _LETTERS - 1]}…"
