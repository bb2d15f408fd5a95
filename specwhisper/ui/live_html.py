"""A live session as HTML: settled text, provisional text in grey, how far it is. Every text is escaped."""

from __future__ import annotations

from html import escape

from specwhisper.audio.windows import clock
from specwhisper.output.summary import spoken
from specwhisper.results import Transcript
from specwhisper.ui.page import warnings_html
from specwhisper.ui.talks import Talk


def nothing_said_html() -> str:
    """Before a session."""
    return (
        '<section class="sw-empty"><h2>Nothing said yet</h2><p>Press Record and speak. Grey words are the '
        "draft's first guess; black ones are main's, and stay.</p></section>"
    )


def talk_html(talk: Talk) -> str:
    """A session under way."""
    if not talk.ready:
        told = "Loading the models; what you say meanwhile is not lost"
    elif talk.latency is None:
        told = f"{clock(talk.seconds)} heard"
    else:
        told = f"{clock(talk.seconds)} heard · {talk.latency:.1f} s behind"
    listening = '<span class="sw-listening">Listening …</span>'
    text = (
        f'<span class="sw-settled">{escape(talk.settled.strip())}</span>'
        f'<span class="sw-provisional">{_grey(talk)}</span>'
    )
    return (
        f'<section class="sw-talk" aria-label="Live captions"><p class="sw-told" role="status">{told}</p>'
        f'<p class="sw-said-live" dir="auto">{text if talk.settled or talk.provisional else listening}</p>'
        "</section>"
    )


def ended_html(transcript: Transcript) -> str:
    """The transcript of a session."""
    stats = transcript.stats
    facts = f"{clock(transcript.duration)} · language: {spoken(transcript)} · {stats.pair}, {stats.precision}"
    rows = "".join(
        f'<li data-start="{segment.start:.3f}"><time>{clock(segment.start)}</time>'
        f'<span dir="auto">{escape(segment.text.strip())}</span></li>'
        for segment in transcript.segments
    )
    said = f'<ol class="sw-segments">{rows}</ol>' if rows else '<p class="sw-none">No speech was heard.</p>'
    return (
        f'<section class="sw-transcript" lang="{escape(transcript.language)}"><header><h2>Transcript</h2>'
        f"<p>{escape(facts)}</p>{warnings_html(transcript.warnings)}</header>{said}</section>"
    )


def _grey(talk: Talk) -> str:
    provisional = talk.provisional if talk.settled else talk.provisional.lstrip()
    return escape(provisional)
