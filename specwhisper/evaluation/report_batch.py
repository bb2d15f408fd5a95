"""The findings of ``benchmark --mode batch`` as Markdown and as files."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from specwhisper.evaluation.batch_run import BatchResult
from specwhisper.evaluation.files_results import write_results
from specwhisper.evaluation.tables import table

_HEADINGS = (
    "batch", "greedy, tokens/s", "speculative, tokens/s", "decode", "whole call", "tokens per cycle",
    "clips as alone",
)  # fmt: skip

NOTES = """\
Tokens per second of decoding, all clips together; medians over the rounds, greedy and speculative in turn.
*decode* and *whole call* (features and encoders included): how many times faster with the draft.
*clips as alone*: over all calls, those with exactly the tokens of a batch of 1.
"""


def batch_text(results: Sequence[BatchResult]) -> str:
    """One table per pair and precision."""
    parts = []
    for (pair, precision), group in groupby(results, key=lambda one: (one.pair, one.precision)):
        parts.append(f"### {pair}, {precision}\n\n{table(_HEADINGS, [_row(one) for one in group])}")
    return "\n".join(parts)


def write_batch(results: Sequence[BatchResult], options: dict[str, Any], folder: Path) -> tuple[Path, ...]:
    """results.json (every figure) and report.md."""
    report = f"# SpecWhisper in batches\n\n{batch_text(results)}\n{NOTES}"
    return write_results(results, options, report, folder)


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
