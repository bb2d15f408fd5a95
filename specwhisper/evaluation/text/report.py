"""The findings of ``benchmark --mode text`` as a report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from specwhisper.evaluation.common.calls import GREEDY, together
from specwhisper.evaluation.common.line import Line
from specwhisper.evaluation.common.tables import table
from specwhisper.evaluation.text.run import WAYS, TextResult
from specwhisper.output.page import Section

TITLE = "Texts as drafts"

_NAMES = {"greedy": "main alone", "speculative": "main with its draft"}
_HEADINGS = (
    "who proposes", "clips", "decode", "whole call", "tokens per cycle", "proposals right", "clips changed",
)  # fmt: skip

NOTES = """
*decode* and *whole call* (features and encoders included): how many times faster than main alone, medians
over the rounds, all ways by turns. *clips changed*: whose tokens are not main's own. A text beside main alone
needs no draft model in memory; "then the draft" has one, which is asked where the text is lost.
"""


def text_sections(results: Sequence[TextResult]) -> tuple[Section, ...]:
    """One table per pair and precision."""
    return tuple(
        Section(
            f"{one.pair}, {one.precision}",
            table(_HEADINGS, [_row(one, way) for way in WAYS if one.ways[way]]) + NOTES,
        )
        for one in results
    )


def text_lines(results: Sequence[TextResult]) -> Iterator[Line]:
    """For ``benchmark compare``."""
    for one in results:
        for way in WAYS:
            if one.ways[way]:
                yield Line(
                    one.pair,
                    one.precision,
                    _NAMES.get(way, way),
                    decode_gain=one.gain(way, "decode"),
                    total_gain=one.gain(way, "total"),
                )


def _row(one: TextResult, way: str) -> tuple[str, ...]:
    clips = one.ways[way]
    calls = together([each.typical for each in clips])
    return (
        "nobody (main alone)" if way == GREEDY else _NAMES.get(way, way),
        str(len(clips)),
        f"{one.gain(way, 'decode'):.2f}x",
        f"{one.gain(way, 'total'):.2f}x",
        f"{one.tokens_per_cycle(way):.2f}",
        f"{calls.accepted / calls.drafted:.0%}" if calls.drafted else "",
        str(one.different[way]),
    )
