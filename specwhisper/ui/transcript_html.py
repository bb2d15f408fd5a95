"""A transcript as HTML: a player, segments to click, words shaded by confidence. Every text is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from specwhisper.audio.windows import clock
from specwhisper.output.summary import real_time, spoken
from specwhisper.results import Segment, Transcript, Update, Word
from specwhisper.ui.live import progress_html
from specwhisper.ui.page import player_html, warnings_html

UNSURE = ((0.35, "sw-doubtful"), (0.6, "sw-unsure"))
"""Words less likely than this carry the mark."""

SPEEDS = ("0.5", "0.75", "1", "1.25", "1.5", "2")
"""Of the player."""


def nothing_yet_html() -> str:
    """Before the first run."""
    return (
        '<section class="sw-empty"><h2>Nothing transcribed yet</h2>'
        "<p>Upload or record speech of any length, or pick an example. The text appears while it is "
        "verified, and can be stopped at any time.</p></section>"
    )


def live_html(segments: Sequence[Segment], update: Update | None, doing: str = "", run: str = "") -> str:
    """A transcript in the making: how far it is, what is settled, what is being written.

    Args:
        doing: what is being done while there is no text yet.
        run: the name under which another page finds it.
    """
    done = min(update.seconds / update.duration, 1.0) if update and update.duration else 0.0
    told = f"{clock(update.seconds)} of {clock(update.duration)}" if update else doing or "Starting"
    pending = f'<p class="sw-pending">{escape(update.pending)}</p>' if update and update.pending else ""
    return (
        f"{progress_html(done, told, run)}"
        f'<section class="sw-transcript">{_segments(segments)}{pending}</section>'
    )


def transcript_html(
    transcript: Transcript, audio: str, run: str = "", *, reached: float | None = None
) -> str:
    """The finished transcript under its player.

    Args:
        audio: path of the recording, as the page's server knows it.
        run: the name under which it is kept.
        reached: where it was stopped (s); None where all was transcribed.
    """
    stats = transcript.stats
    heard = transcript.duration if reached is None else min(reached, transcript.duration)
    part = clock(round(heard)) if reached is None else f"First {clock(heard)} of {clock(transcript.duration)}"
    facts = [
        f"{part} in {stats.seconds.total:.1f} s ({real_time(heard, stats.seconds.total)})",
        f"language: {spoken(transcript)}",
        f"{stats.pair}, {stats.precision}",
    ]
    if stats.drafted:
        facts.append(f"{stats.tokens_per_cycle:.1f} tokens per cycle")
    elif stats.silent:
        facts.append("by main alone: the draft would cost more than it saves here")
    said = _segments(transcript.segments) or '<p class="sw-none">No speech was heard.</p>'
    head = "Transcript" if reached is None else "Stopped early: partial transcript"
    legend = ""
    if any(segment.words for segment in transcript.segments):
        legend = (
            '<p class="sw-confidence">Low confidence: <span class="sw-unsure">under 60%</span> '
            '<span class="sw-doubtful">under 35%</span></p>'
        )
    return (
        f'<section class="sw-player" data-kept="{escape(run)}">{player_html(audio)}{_tools(transcript)}'
        f'<p class="sw-caption" aria-live="off"></p></section>'
        f'<section class="sw-transcript" lang="{escape(transcript.language)}"><header><h2>{head}</h2>'
        f"<p>{escape(' · '.join(facts))}</p>{warnings_html(transcript.warnings)}{legend}</header>"
        f"{said}</section>"
    )


def _tools(transcript: Transcript) -> str:
    words = [word for segment in transcript.segments for word in segment.words]
    doubt = any(word.probability < UNSURE[-1][0] for word in words)
    speeds = "".join(
        f'<option value="{speed}"{" selected" if speed == "1" else ""}>{speed}x</option>' for speed in SPEEDS
    )
    return (
        '<div class="sw-tools">'
        '<button type="button" data-go="back" title="5 seconds back (left arrow)">−5 s</button>'
        '<button type="button" data-go="on" title="5 seconds on (right arrow)">+5 s</button>'
        f'<label>Speed <select data-part="speed">{speeds}</select></label>'
        + ('<button type="button" data-go="doubt">Next doubtful word</button>' if doubt else "")
        + ('<button type="button" data-go="copy">Copy text</button>' if transcript.segments else "")
        + '<span class="sw-said" data-part="said" role="status"></span></div>'
    )


def _segments(segments: Sequence[Segment]) -> str:
    if not segments:
        return ""
    return f'<ol class="sw-segments">{"".join(map(_segment, segments))}</ol>'


def _segment(segment: Segment) -> str:
    text = "".join(map(_word, segment.words)) if segment.words else _plain(segment.text)
    return (
        f'<li data-start="{segment.start:.3f}" data-end="{segment.end:.3f}">'
        f'<button type="button" title="Play from here">{clock(segment.start)}</button>'
        f'<span dir="auto">{text}</span></li>'
    )


def _plain(text: str) -> str:
    return escape(text.strip())


def _word(word: Word) -> str:
    mark = next((name for below, name in UNSURE if word.probability < below), "")
    body = word.text.lstrip()
    space = " " if body != word.text else ""
    kind = f' class="{mark}"' if mark else ""
    return (
        f'{space}<span{kind} data-word="{word.start:.3f}" title="{word.probability:.0%} sure">'
        f"{escape(body)}</span>"
    )
