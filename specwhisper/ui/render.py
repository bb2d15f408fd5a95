"""A comparison as HTML: verdict, tiles, the two coloured transcripts. Every text is escaped here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from html import escape
from typing import Any

from specwhisper.output.palette import ORIGIN_LABELS
from specwhisper.output.summary import find, metrics, real_time, ways, why_total
from specwhisper.results import Comparison, Origin, Transcript
from specwhisper.ui.page import warnings_html

COLOURED: tuple[Origin, ...] = ("accepted", "correction", "bonus")


def verdict_html(comparison: Comparison) -> str:
    """The finding: identical or not, faster or not."""
    finding = find(comparison)
    kind, mark = ("same", "✓") if finding.identical else ("differs", "≠")
    difference = f'<p class="sw-difference">{escape(finding.difference)}</p>' if finding.difference else ""
    return (
        f'<section class="sw-verdict sw-{kind}" role="status">'
        f'<span class="sw-mark" aria-hidden="true">{mark}</span>'
        f"<div><h2>{escape(finding.verdict)}</h2>{difference}"
        f'<p class="sw-speed">{escape(finding.speed_sentence)}</p>'
        f'<p class="sw-why">{escape(why_total(comparison))}</p></div></section>'
    )


def details_html(comparison: Comparison) -> str:
    """What was wrong with the recording, tiles and transcripts."""
    return f"{warnings_html(comparison.warnings)}{_tiles(comparison)}{_transcripts(comparison)}"


def _acceptance(comparison: Comparison) -> tuple[str, str, str]:
    stats = comparison.speculative.stats
    if stats.silent:
        return "Acceptance", "none", "nothing drafted: it would cost more than it saves here"
    return "Acceptance", f"{stats.acceptance_rate:.0%}", f"{stats.accepted} of {stats.drafted} drafted"


def _tiles(comparison: Comparison) -> str:
    numbers = metrics(comparison)
    tiles = [
        ("Tokens per cycle", f"{numbers['tokens_per_cycle']:.1f}", "1 without a draft"),
        _acceptance(comparison),
        *_held_back(numbers),
        ("Near ties", str(numbers["near_ties"]), "rechecked"),
        ("Speed", *_speeds(comparison)),
        ("Recording", _seconds(numbers["duration"]), f"language: {numbers['spoken']}"),
        ("Ran on", _device(numbers["device"]), _pair(numbers)),
    ]
    return (
        '<dl class="sw-tiles">'
        + "".join(
            f"<div><dt>{escape(name)}</dt><dd>{escape(value)}<small>{escape(note)}</small></dd></div>"
            for name, value, note in tiles
        )
        + "</dl>"
    )


def _speeds(comparison: Comparison) -> tuple[str, str]:
    duration = comparison.speculative.duration
    alone, drafted = comparison.baseline.stats.seconds.total, comparison.speculative.stats.seconds.total
    return real_time(duration, drafted), f"{real_time(duration, alone)} with main alone"


def _held_back(numbers: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Only where proposals travel as bytes: draft tokens that could not be offered yet."""
    if numbers["kind"] != "cross-vocabulary" and not numbers["held_back"]:
        return []
    return [("Held back", str(numbers["held_back"]), "draft tokens not offered")]


def _transcripts(comparison: Comparison) -> str:
    difference = comparison.first_difference
    place = None if difference is None else difference.position
    baseline, speculative = comparison.baseline, comparison.speculative
    alone, drafted = ways(comparison)
    return (
        '<div class="sw-pair">'
        + _card(alone, baseline, place, "sw-baseline", "")
        + _card(drafted, speculative, place, "sw-speculative", _legend(speculative))
        + "</div>"
    )


def _card(title: str, transcript: Transcript, difference: int | None, name: str, legend: str) -> str:
    seconds = transcript.stats.seconds
    text = coloured(transcript, difference) or '<em class="sw-none">No speech was heard.</em>'
    times = f"{seconds.decode:.2f} s decode · {seconds.total:.2f} s total"
    return (
        f'<section class="sw-card {name}" aria-label="Transcript, {escape(title)}">'
        f"<header><h3>{escape(title)}</h3><span>{times}</span></header>"
        f'<p class="sw-text" tabindex="0" lang="{escape(transcript.language)}" dir="auto">{text}</p>'
        f"{legend}</section>"
    )


def coloured(transcript: Transcript, difference: int | None = None) -> str:
    """The text as one span per piece, classed by origin; the piece at ``difference`` is marked."""
    if not transcript.pieces:
        return escape(transcript.text)
    spans, position = [], 0
    for index, piece in enumerate(transcript.pieces):
        text = piece.text.lstrip() if index == 0 else piece.text
        here = difference is not None and position <= difference < position + len(piece.tokens)
        position += len(piece.tokens)
        classes = f"sw-{piece.origin}" + (" sw-first-difference" if here else "")
        title = "" if piece.origin == "main" else f' title="{escape(ORIGIN_LABELS[piece.origin])}"'
        # The space before a word is coloured only inside a run of one origin: runs read as bands, and no
        # band begins before its word.
        same = index > 0 and transcript.pieces[index - 1].origin == piece.origin
        space = "" if same else text[: len(text) - len(text.lstrip())]
        spans.append(f'{escape(space)}<span class="{classes}"{title}>{escape(text[len(space) :])}</span>')
    return "".join(spans)


def _legend(transcript: Transcript) -> str:
    counts = Counter(dict.fromkeys(COLOURED, 0))
    for piece in transcript.pieces:
        counts[piece.origin] += len(piece.tokens)
    return '<ul class="sw-legend" aria-label="Colours">' + _items(counts, COLOURED) + "</ul>"


def _items(counts: Counter[Origin], origins: Sequence[Origin]) -> str:
    return "".join(
        f'<li><span class="sw-{origin}">{escape(ORIGIN_LABELS[origin])}</span> {counts[origin]}</li>'
        for origin in origins
    )


def _pair(numbers: dict[str, Any]) -> str:
    pair = f"{numbers['main']}+{numbers['draft']}" if numbers["draft"] else str(numbers["main"])
    return f"{pair}, {numbers['precision']}"


def _device(device: str) -> str:
    return "CPU" if device == "cpu" else device.upper() if device.startswith("cuda") else device


def _seconds(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds // 60)} min {int(seconds % 60)} s"
