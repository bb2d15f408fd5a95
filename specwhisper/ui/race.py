"""The race: main alone beside main with its draft, pass by pass, at their true relative speed.

What each pass wrote is worked out here; ``assets/race/race.js`` only draws it.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path
from typing import TypeAlias

from specwhisper.output.palette import COLOURED, ORIGIN_LABELS
from specwhisper.output.summary import ways
from specwhisper.results import Comparison, Cycle, Origin, Piece, Transcript

MOST = 240
"""Passes of main that are shown: a longer race teaches no more."""


@dataclass(frozen=True, slots=True)
class Pass:
    """One pass of main, with the proposals that it verified.

    Attributes:
        draft_ms, verify_ms: how long it took.
        proposed: the draft's tokens, as they look on a screen; empty for those that are not text.
        accepted: how many of them, from the left.
        written: the text that was complete after it, each piece with its origin.
    """

    draft_ms: float
    verify_ms: float
    proposed: tuple[str, ...]
    accepted: int
    written: tuple[tuple[str, Origin], ...]


_COLOURS = "".join(
    f'<li><span class="sw-{origin}">{escape(ORIGIN_LABELS[origin])}</span></li>' for origin in COLOURED
)

Lane: TypeAlias = tuple[Pass, ...]
"""How one of the two wrote the first window."""


@dataclass(frozen=True, slots=True)
class Race:
    """Both ways to the same text.

    Attributes:
        ways: what the two are called.
        source: what was heard, where it was recorded beforehand; empty for a visitor's own.
        whole: whether the lanes hold the whole transcript, and not its beginning.
        identical: whether both wrote the same.
    """

    ways: tuple[str, str]
    alone: Lane
    drafted: Lane
    source: str = ""
    whole: bool = True
    identical: bool = True


def race_of(comparison: Comparison) -> Race | None:
    """The race of a comparison: its first window, at most :data:`MOST` passes.

    None where there is nothing to see: nobody speaks, nothing was drafted, or the window's text is not
    what its first try wrote.
    """
    stats = comparison.speculative.stats
    alone, drafted = _lane(comparison.baseline), _lane(comparison.speculative)
    if stats.draft is None or alone is None or drafted is None:
        return None
    if not any(each.proposed for each in drafted):
        return None
    whole = len(alone) == len(comparison.baseline.stats.cycles)
    return Race(ways(comparison), alone, drafted, whole=whole, identical=comparison.identical)


def _lane(transcript: Transcript) -> Lane | None:
    first = [cycle for cycle in transcript.stats.cycles if cycle.window == 0][:MOST]
    said = {token for piece in transcript.pieces for token in piece.tokens}
    labels = transcript.token_text
    pieces = list(transcript.pieces)
    passes, waiting = [], list[int]()
    for cycle in first:
        waiting += [token for token in cycle.tokens if token in said]
        written, waiting = _complete(pieces, waiting)
        if waiting and (not pieces or pieces[0].tokens[: len(waiting)] != tuple(waiting)):
            return None
        passes.append(_pass(cycle, labels, written))
    return tuple(passes) if any(each.written for each in passes) else None


def _complete(pieces: list[Piece], tokens: Sequence[int]) -> tuple[tuple[tuple[str, Origin], ...], list[int]]:
    """Take the pieces off the front that these tokens complete; what is left of the tokens."""
    written, left = [], list(tokens)
    while pieces and tuple(left[: len(pieces[0].tokens)]) == pieces[0].tokens:
        piece = pieces.pop(0)
        written.append((piece.text, piece.origin))
        del left[: len(piece.tokens)]
    return tuple(written), left


def _pass(cycle: Cycle, labels: dict[int, str], written: tuple[tuple[str, Origin], ...]) -> Pass:
    return Pass(
        round(1e3 * cycle.draft_seconds, 3),
        round(1e3 * cycle.verify_seconds, 3),
        tuple(_text(labels[token]) for token in cycle.proposed),
        cycle.accepted,
        written,
    )


def recorded_race(record: Path, titles: Mapping[str, str]) -> Race | None:
    """A race from the record of the "How it works" tab; None where there is none.

    Args:
        titles: of the examples, by file name.
    """
    if not record.is_file():
        return None
    data = json.loads(record.read_text("utf-8"))
    names = f"{data['main']} alone", f"{data['main']} + {data['draft']} draft"
    drafted, alone = [], list[Pass]()
    for cycle in data["cycles"]:
        proposed, accepted, own = tuple(map(_text, cycle["proposed"])), cycle["accepted"], cycle["own"]
        written: list[tuple[str, Origin]] = [(text, "accepted") for text in proposed[:accepted]]
        if own is not None:
            written.append((_text(own), "bonus" if accepted == len(proposed) else "correction"))
        alone += [
            Pass(0.0, data["alone_ms_per_token"], (), 0, _visible([(text, "main")])) for text, _ in written
        ]
        drafted.append(Pass(cycle["draft_ms"], cycle["verify_ms"], proposed, accepted, _visible(written)))
    return Race(
        names,
        tuple(alone),
        tuple(drafted),
        titles.get(data["clip"], data["clip"]),
    )


def _visible(written: Sequence[tuple[str, Origin]]) -> tuple[tuple[str, Origin], ...]:
    return tuple((text, origin) for text, origin in written if text)


def _text(label: str) -> str:
    """A token as text; empty for a special one."""
    return "" if label.startswith("<|") else label


def race_html(race: Race | None) -> str:
    """The two lanes and their controls; nothing where there is no race."""
    if race is None:
        return ""
    data = {
        "identical": race.identical,
        "lanes": {"alone": [*map(asdict, race.alone)], "drafted": [*map(asdict, race.drafted)]},
    }
    heard = f": {escape(race.source)} (recorded)" if race.source else "" if race.whole else ": the beginning"
    kind = "sw-race sw-recorded" if race.source else "sw-race"
    return (
        f'<section class="{kind}" aria-label="Main alone beside main with its draft" '
        f'data-run="{secrets.token_hex(4)}" data-race="{escape(json.dumps(data, ensure_ascii=False))}">'
        f'<header><h2>Pass by pass{heard}</h2><p data-part="pace"></p>'
        '<button type="button" data-go="replay">Play again</button></header>'
        + _lane_html("alone", race.ways[0], "one token per pass")
        + _lane_html("drafted", race.ways[1], "several tokens per pass")
        + f'<ul class="sw-legend" aria-label="Colours">{_COLOURS}</ul>'
        + '<p class="sw-race-end" data-part="end" role="status"></p></section>'
    )


def _lane_html(name: str, title: str, note: str) -> str:
    return (
        f'<div class="sw-race-lane" data-lane="{name}">'
        f'<div class="sw-race-name"><b>{escape(title)}</b><span>{note}</span></div>'
        '<div class="sw-race-count"><b data-part="passes">0</b> <span data-part="unit">passes</span></div>'
        '<div class="sw-race-text"><p data-part="text" dir="auto"></p>'
        '<p data-part="room" dir="auto" aria-hidden="true"></p></div>'
        '<div class="sw-race-bar" aria-hidden="true"><i data-part="bar"></i></div></div>'
    )
