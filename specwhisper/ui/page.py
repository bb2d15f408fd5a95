"""The fixed parts of the page as HTML: header, footer, and what stands where results will be."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from urllib.parse import quote

from specwhisper.errors import GivenUpError
from specwhisper.service.answer import explain
from specwhisper.service.backend import PairState
from specwhisper.ui.config import asset_text

TAGLINE = "A large Whisper's exact words, drafted by a small one."

STATES = {
    "ready": ("ready", "Ready"),
    "can be fetched": ("fetch", "Not here yet"),
    "unavailable": ("missing", "Not available here"),
}


def header_html(logo: Path) -> str:
    """Logo, name and the promise in one line."""
    mark = asset_text(logo) or ""
    return (
        f'<header class="sw-header"><span class="sw-logo" aria-hidden="true">{mark}</span>'
        f"<div><h1>SpecWhisper</h1><p>{TAGLINE}</p></div></header>"
    )


def footer_html(kept: int) -> str:
    """What the page promises.

    Args:
        kept: seconds after which uploads and results are deleted.
    """
    return (
        '<footer class="sw-footer"><p>Only the main model decides, so the words are the same as without a '
        "draft. Recordings and results are deleted after about "
        f"{lasting(kept)} and go nowhere else. "
        '<a href="#how-it-works">How it works</a></p></footer>'
    )


def lasting(seconds: float) -> str:
    """``3600`` -> "1 hour"."""
    size, unit = (3600, "hour") if seconds >= 3600 else (60, "minute")
    count = max(1, round(seconds / size))
    return f"{count} {unit}{'s' if count > 1 else ''}"


def empty_html() -> str:
    """Before the first run."""
    return (
        '<section class="sw-empty"><h2>Main alone, and main with its draft: the same words, fewer passes</h2>'
        "<p>Pick an example, or upload or record speech and press Compare.</p></section>"
    )


def error_html(error: Exception) -> str:
    """One sentence about what went wrong, or about the end that a visitor asked for."""
    asked = isinstance(error, GivenUpError)
    kind, role, mark = ("sw-error sw-asked", "status", "■") if asked else ("sw-error", "alert", "!")
    return (
        f'<section class="{kind}" role="{role}"><span class="sw-mark" aria-hidden="true">{mark}</span>'
        f"<p>{escape(explain(error))}</p></section>"
    )


def player_html(audio: str) -> str:
    """The browser's own player.

    Args:
        audio: path of the recording, as the page's server knows it.
    """
    return f'<audio controls preload="metadata" src="gradio_api/file={quote(audio)}"></audio>'


def warnings_html(warnings: Sequence[str]) -> str:
    """What was not as it should be with a recording that was heard all the same, a line each."""
    return "".join(f'<p class="sw-warning" lang="en">{escape(warning)}</p>' for warning in warnings)


def pair_note_html(state: PairState) -> str:
    """What the chosen pair is, and what it needs."""
    kind, label = STATES.get(state.state, ("missing", state.state))
    return (
        f'<p class="sw-note sw-{kind}"><b>{escape(label)}</b> <span>{escape(state.detail)}</span></p>'
        f'<p class="sw-note sw-kind"><b>{escape(state.kind.capitalize())}</b> '
        f"<span>{escape(state.meaning)}</span></p>"
    )


def where_html(where: str) -> str:
    """What the models run on."""
    return f'<p class="sw-note sw-kind" lang="en"><span>{escape(where)}</span></p>'


def pair_error_html(message: str) -> str:
    """Why what was typed is no pair."""
    return f'<p class="sw-note sw-missing"><b>No such pair</b> <span>{escape(message)}</span></p>'


def pair_label(state: PairState) -> str:
    """A line of the pair picker."""
    kind, label = STATES.get(state.state, ("missing", state.state))
    hint = f"download{size(state)}" if kind == "fetch" else label.lower()
    return f"{state.name}  ·  {hint}"


def size(state: PairState) -> str:
    """ " 250 MB", or nothing when there is nothing to download."""
    if not state.download_bytes:
        return ""
    megabytes = state.download_bytes / 1e6
    return f" {megabytes / 1000:.1f} GB" if megabytes >= 1000 else f" {megabytes:.0f} MB"
