"""The findings of ``benchmark --mode batch`` as a report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from specwhisper.evaluation.batch_run import BatchResult
from specwhisper.evaluation.line import Line
from specwhisper.evaluation.tables import table
from specwhisper.output.figures_benchmark import Axes, Series, curves
from specwhisper.output.page import Section

TITLE = "SpecWhisper in batches"

_HEADINGS = (
    "batch", "greedy, tokens/s", "speculative, tokens/s", "decode", "whole call", "tokens per cycle",
    "clips as alone",
)  # fmt: skip

NOTES = """
Tokens per second of decoding, all clips together; medians over the rounds, greedy and speculative in turn.
*decode* and *whole call* (features and encoders included): how many times faster with the draft.
*clips as alone*: over all calls, those with exactly the tokens of a batch of 1.
"""


def batch_sections(results: Sequence[BatchResult]) -> tuple[Section, ...]:
    """One table and figure per pair and precision."""
    sections = []
    for (pair, precision), group in groupby(results, key=lambda one: (one.pair, one.precision)):
        rows = list(group)
        name = f"{pair}, {precision}"
        sizes = tuple(one.size for one in rows)
        figure = curves(
            Axes(
                "A batch shares main's weights, so there is less to save",
                f"{name}: tokens per second of decoding, all clips together",
                "clips at a time",
                "tokens per second",
                log_x=True,
            ),
            [
                Series("main alone", sizes, tuple(one.tokens_per_second("greedy") for one in rows)),
                Series("with draft", sizes, tuple(one.tokens_per_second("speculative") for one in rows)),
            ],
        )
        sections.append(Section(name, table(_HEADINGS, [_row(one) for one in rows]) + NOTES, (figure,)))
    return tuple(sections)


def batch_lines(results: Sequence[BatchResult]) -> Iterator[Line]:
    """For ``benchmark compare``."""
    for one in results:
        speed = 1e3 / one.tokens_per_second("speculative")
        yield Line(one.pair, one.precision, f"batch {one.size}", None, speed, one.decode_gain, one.total_gain)


def _row(one: BatchResult) -> tuple[str, ...]:
    return (
        str(one.size),
        f"{one.tokens_per_second('greedy'):.1f}",
        f"{one.tokens_per_second('speculative'):.1f}",
        f"{one.decode_gain:.2f}x",
        f"{one.total_gain:.2f}x",
        f"{one.tokens_per_cycle:.2f}",
        f"{one.identical} of {one.clips}",
    )
