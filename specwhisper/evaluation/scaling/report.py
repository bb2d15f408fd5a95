"""The findings of ``benchmark --mode scaling`` as a report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from specwhisper.evaluation.common.line import Line
from specwhisper.evaluation.common.tables import table
from specwhisper.evaluation.scaling.run import Length, ScalingResult
from specwhisper.output.figures_benchmark import Axes, Series, curves, points
from specwhisper.output.page import Section

TITLE = "How SpecWhisper scales"
_WIDTHS = (1, 2, 4, 8, 12, 17)

_LENGTHS = (
    "sound, s", "tokens", "main alone, s", "with draft, s", "gain", "decode gain", "real-time factor",
    "peak memory, MB", "same tokens",
)  # fmt: skip


def scaling_sections(results: Sequence[ScalingResult]) -> tuple[Section, ...]:
    """By length, by width of a pass, by batch, by size of main."""
    sections = [_by_length(one) for one in results]
    sections += [_by_width(one) for one in results]
    return (*sections, _by_size(results))


def scaling_lines(results: Sequence[ScalingResult]) -> Iterator[Line]:
    """For ``benchmark compare``."""
    for one in results:
        for length in one.lengths:
            decode = length.speculative_decode
            yield Line(
                one.pair,
                one.precision,
                f"{length.seconds:g} s",
                ms_per_token=1e3 * decode / max(length.tokens, 1),
                decode_gain=length.greedy_decode / decode if decode else None,
                total_gain=length.greedy / length.speculative,
            )


def _by_length(one: ScalingResult) -> Section:
    text = table(_LENGTHS, [_length_row(length) for length in one.lengths])
    name = f"{one.pair}, {one.precision}"
    seconds = tuple(length.seconds for length in one.lengths)
    figures = [
        curves(
            Axes(
                "Time grows with the sound, and no faster",
                f"{name}: seconds of work per second of sound",
                "seconds of sound",
                "real-time factor",
                log_x=True,
            ),
            [
                Series(
                    "main alone", seconds, tuple(length.greedy / length.seconds for length in one.lengths)
                ),
                Series("with draft", seconds, tuple(length.real_time_factor for length in one.lengths)),
            ],
        )
    ]
    if all(length.peak is not None for length in one.lengths):
        figures.append(
            curves(
                Axes("Memory", f"{name}: most that was resident", "seconds of sound", "MB", log_x=True),
                [Series("peak", seconds, tuple((length.peak or 0) / 1e6 for length in one.lengths))],
            )
        )
    return Section(f"{name}: length of the recording", text, tuple(figures))


def _length_row(one: Length) -> tuple[str, ...]:
    return (
        f"{one.seconds:g}",
        str(one.tokens),
        f"{one.greedy:.2f}",
        f"{one.speculative:.2f}",
        f"{one.greedy / one.speculative:.2f}x",
        f"{one.greedy_decode / one.speculative_decode:.2f}x" if one.speculative_decode else "",
        f"{one.real_time_factor:.3f}",
        "" if one.peak is None else f"{one.peak / 1e6:.0f}",
        "yes" if one.identical else "no",
    )


def _by_width(one: ScalingResult) -> Section:
    headings = ("clips in a pass", "draft step", *(f"width {width}" for width in _WIDTHS))
    rows = [
        (
            str(rows),
            f"{1e3 * costs.draft:.2f}",
            *(f"{1e3 * costs.pass_of(width):.2f}" for width in _WIDTHS),
        )
        for rows, costs in one.batches.items()
    ]
    text = (
        f"Milliseconds per clip of main's pass over so many tokens (lookahead + 1), and of a draft step.\n\n"
        f"{table(headings, rows)}"
    )
    figure = curves(
        Axes(
            "What one more token in a pass costs",
            f"{one.pair}, {one.precision}: main's pass, per clip",
            "tokens in the pass",
            "ms",
        ),
        [
            Series(
                f"{rows} {'clip' if rows == 1 else 'clips'}",
                tuple(range(1, 18)),
                tuple(1e3 * costs.pass_of(width) for width in range(1, 18)),
            )
            for rows, costs in one.batches.items()
        ],
    )
    return Section(f"{one.pair}, {one.precision}: lookahead and batch", text, (figure,))


def _by_size(results: Sequence[ScalingResult]) -> Section:
    headings = (
        "pair", "precision", "main, parameters", "draft, parameters", "weights, MB", "step, ms",
        "draft step, ms", "pass over 8, ms", "encoder, s per window",
    )  # fmt: skip
    rows = [
        (
            one.pair,
            one.precision,
            f"{one.footprint.main.parameters:,}",
            f"{one.footprint.draft_alone:,}",
            f"{one.footprint.weights / 1e6:.0f}",
            f"{1e3 * one.batches[1].pass_of(1):.2f}",
            f"{1e3 * one.batches[1].draft:.2f}",
            f"{1e3 * one.batches[1].pass_of(8):.2f}",
            f"{one.window:.3f}",
        )
        for one in results
    ]
    precisions = dict.fromkeys(one.precision for one in results)
    figure: Any = points(
        Axes(
            "A step costs what it has to read",
            "Main's step over one token against the size of main",
            "million parameters",
            "ms per step",
        ),
        [
            Series(
                precision,
                tuple(one.footprint.main.parameters / 1e6 for one in results if one.precision == precision),
                tuple(1e3 * one.batches[1].pass_of(1) for one in results if one.precision == precision),
                labels=tuple(one.footprint.main.name for one in results if one.precision == precision),
            )
            for precision in precisions
        ],
    )
    return Section("Size of the models", table(headings, rows), (figure,))
