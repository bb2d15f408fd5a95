"""Checked captions as HTML: a player, the verdict, every cue with its differences. Every text is escaped."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from specwhisper.audio.windows import clock
from specwhisper.captions.compare import unspaced
from specwhisper.output.summary import real_time
from specwhisper.proofread import Difference, Proofread
from specwhisper.ui.page import player_html, warnings_html

_WRONG = {"replaced": "main hears", "missing": "missing here", "added": "not said"}


def nothing_checked_html() -> str:
    """Before the first run."""
    return (
        '<section class="sw-empty"><h2>Nothing checked yet</h2>'
        "<p>Captions and their recording go in; out comes which words main confirms, and what it hears "
        "instead of the others. Captions that are right make it quick: they are the draft.</p></section>"
    )


def proofread_html(found: Proofread, audio: str, run: str = "") -> str:
    """The outcome under a player.

    Args:
        audio: path of the recording, as the page's server knows it.
        run: the name under which it is kept.
    """
    stats = found.transcript.stats
    facts = (
        f"{clock(round(found.transcript.duration))} in {stats.seconds.total:.1f} s "
        f"({real_time(found.transcript.duration, stats.seconds.total)})",
        f"{stats.main}, {stats.precision}",
        f"{stats.tokens_per_cycle:.1f} tokens per cycle",
    )
    kind = "sw-warning" if found.unrelated else "sw-verdict-line"
    legend = (
        '<p class="sw-confidence"><del class="sw-changed">captions</del> <ins>main</ins> '
        '<span class="sw-in-doubt"><del class="sw-changed">in doubt</del></span> stays as it is</p>'
    )
    return (
        f'<section class="sw-player" data-kept="{escape(run)}">{player_html(audio)}{_tools(found)}'
        '<p class="sw-caption" aria-live="off"></p></section>'
        f'<section class="sw-transcript" lang="{escape(found.transcript.language)}"><header>'
        f'<h2>Captions, checked</h2><p class="{kind}" role="status" lang="en">{escape(found.verdict)}</p>'
        f'<p lang="en">{escape(" · ".join(facts))}</p>{warnings_html(found.transcript.warnings)}'
        f"{legend if found.differences else ''}</header>"
        f'<ol class="sw-segments">{"".join(_cues(found))}</ol></section>'
    )


def _tools(found: Proofread) -> str:
    return (
        '<div class="sw-tools">'
        '<button type="button" data-go="back" title="5 seconds back (left arrow)">−5 s</button>'
        '<button type="button" data-go="on" title="5 seconds on (right arrow)">+5 s</button>'
        + ('<button type="button" data-go="doubt">Next difference</button>' if found.differences else "")
        + '<span class="sw-said" data-part="said" role="status"></span></div>'
    )


def _cues(found: Proofread) -> Iterator[str]:
    """A line for each cue."""
    at = {each.first: each for each in found.differences}
    lines: dict[int, list[str]] = {number: [] for number in range(len(found.captions.cues))}
    said: dict[int, list[float]] = {number: [] for number in lines}
    skip = 0
    for index, piece in enumerate(found.pieces):
        said[piece.cue].append(found.starts[index])
        each = at.get(index)
        if each is not None and (each.kind == "missing" or not skip):
            lines[each.cue].append(_difference(each))
            skip = 0 if each.kind == "missing" else each.words
        if skip:
            skip -= 1
            continue
        start = found.starts[index]
        lines[piece.cue].append(f'<span data-word="{start:.3f}">{escape(piece.text)}</span>')
    if (last := at.get(len(found.pieces))) is not None:
        lines[last.cue].append(_difference(last))
    for number, cue in enumerate(found.captions.cues):
        starts = said[number]
        start = cue.start if cue.start is not None else (starts[0] if starts else 0.0)
        end = cue.end if cue.end is not None else (starts[-1] + 1.0 if starts else start)
        text = ("" if unspaced(cue.text) else " ").join(lines[number]) or escape(cue.text)
        yield (
            f'<li data-start="{start:.3f}" data-end="{end:.3f}"><button type="button" title="Play from here">'
            f'{clock(start)}</button><span dir="auto">{text}</span></li>'
        )


def _difference(each: Difference) -> str:
    told = f"{_WRONG[each.kind]}; main {each.main_probability:.0%}, captions {each.captions_probability:.0%}"
    old = f"<del>{escape(each.captions)}</del>" if each.captions else ""
    new = f"<ins>{escape(each.main)}</ins>" if each.main else ""
    doubt = "" if each.sure else " sw-in-doubt"
    return (
        f'<span class="sw-changed{doubt}" data-word="{each.start:.3f}" title="{escape(told)}">'
        f"{' '.join(filter(None, (old, new)))}</span>"
    )
