"""The two transcripts of a comparison as HTML, coloured by origin, with their player. All text is escaped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from types import MappingProxyType

from specwhisper.output.linked import Corrected, corrections
from specwhisper.output.palette import COLOURED, ORIGIN_LABELS
from specwhisper.output.spoken import moments
from specwhisper.output.summary import ways
from specwhisper.results import Comparison, Origin, Transcript
from specwhisper.ui.page import player_html


def texts_html(comparison: Comparison, pieces: Sequence[tuple[int | None, ...]], audio: str) -> str:
    """The two transcripts, and a player for the one with the draft.

    Args:
        pieces: which piece of the text each token became, as ``linked.pieces_of`` finds it.
        audio: path of the recording, as the page's server knows it; empty where it is not here.
    """
    corrected = corrections(comparison.speculative, pieces)
    player = player_html(audio) if audio else ""
    step = '<button type="button" data-go="correction">Next correction</button>' if corrected else ""
    tools = (
        f'<div class="sw-listen">{player}<div class="sw-tools">{step}'
        '<span class="sw-said" data-part="said" role="status"></span></div></div>'
        if player or step
        else ""
    )
    return tools + _transcripts(comparison, corrected)


def _transcripts(comparison: Comparison, corrected: Mapping[int, Corrected]) -> str:
    difference = comparison.first_difference
    place = None if difference is None else difference.position
    baseline, speculative = comparison.baseline, comparison.speculative
    alone, drafted = ways(comparison)
    return (
        '<div class="sw-pair">'
        + _card(alone, baseline, coloured(baseline, place), "sw-baseline", "")
        + _card(
            drafted,
            speculative,
            coloured(speculative, place, moments(speculative), corrected),
            "sw-speculative",
            _legend(speculative),
        )
        + "</div>"
    )


def _card(title: str, transcript: Transcript, text: str, name: str, legend: str) -> str:
    seconds = transcript.stats.seconds
    text = text or '<em class="sw-none">No speech was heard.</em>'
    times = f"{seconds.decode:.2f} s decode · {seconds.total:.2f} s total"
    return (
        f'<section class="sw-card {name}" aria-label="Transcript, {escape(title)}">'
        f"<header><h3>{escape(title)}</h3><span>{times}</span></header>"
        f'<p class="sw-text" tabindex="0" lang="{escape(transcript.language)}" dir="auto">{text}</p>'
        f"{legend}</section>"
    )


def coloured(
    transcript: Transcript,
    difference: int | None = None,
    times: Sequence[tuple[float, float]] = (),
    corrected: Mapping[int, Corrected] = MappingProxyType({}),
) -> str:
    """The text as one span per piece, classed by origin; the piece at ``difference`` is marked.

    Args:
        times: when the word of each piece was said (s); none where nothing can be played.
        corrected: what the draft heard, by the piece that main wrote instead.
    """
    if not transcript.pieces:
        return escape(transcript.text)
    spans, position = [], 0
    for index, piece in enumerate(transcript.pieces):
        text = piece.text.lstrip() if index == 0 else piece.text
        here = difference is not None and position <= difference < position + len(piece.tokens)
        position += len(piece.tokens)
        classes = f"sw-{piece.origin}" + (" sw-first-difference" if here else "")
        told = "" if piece.origin == "main" else ORIGIN_LABELS[piece.origin]
        if other := corrected.get(index):
            told = _told(other)
        link = ""
        if times:
            start, end = times[index]
            link = f' data-piece="{index}" data-start="{start:.3f}" data-end="{end:.3f}"'
        title = f' title="{escape(told)}"' if told else ""
        # The space before a word is coloured only inside a run of one origin: runs read as bands, and no
        # band begins before its word.
        same = index > 0 and transcript.pieces[index - 1].origin == piece.origin
        space = "" if same else text[: len(text) - len(text.lstrip())]
        body = escape(text[len(space) :])
        spans.append(f'{escape(space)}<span class="{classes}"{link}{title}>{body}</span>')
    return "".join(spans)


def _told(word: Corrected) -> str:
    if word.heard == word.wrote:
        return f"The draft wrote “{word.wrote}” with other tokens than main"
    heard = f"The draft heard “{word.heard}”" if word.heard else "The draft had no more to say"
    return f"{heard}, main wrote “{word.wrote}”"


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
