"""The findings of ``benchmark --mode lookahead`` as Markdown and as files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from specwhisper.evaluation.files_results import write_results
from specwhisper.evaluation.lookahead_run import AUTO, GREEDY, LookaheadResult, Policy
from specwhisper.evaluation.tables import table

_HEADINGS = (
    "lookahead", "ms per token", "over greedy", "by theory", "tokens per cycle", "by theory", "proposed",
    "accepted",
)  # fmt: skip

NOTES = """\
Decoding alone (draft and verify), each window heard once and decoded in every way by turns; medians over the
rounds. *by theory*: if main agreed with every proposal alike (Leviathan et al. 2023), at the prices measured
when the pair was loaded. Runs of agreement come in two kinds, short and long, which is what *auto* lives on.
"""


def lookahead_text(results: Sequence[LookaheadResult]) -> str:
    """One table per pair and precision, and what follows from it."""
    return "\n".join(_part(result) for result in results)


def write_lookahead(
    results: Sequence[LookaheadResult], options: dict[str, Any], folder: Path
) -> tuple[Path, ...]:
    """results.json (every figure) and report.md."""
    report = f"# SpecWhisper's lookahead\n\n{lookahead_text(results)}\n{NOTES}"
    return write_results(results, options, report, folder)


def _part(result: LookaheadResult) -> str:
    costs, best = result.costs, result.best_fixed
    share = best.token_seconds / result.policy(AUTO).token_seconds
    prices = ", ".join(f"{width} rows {1e3 * costs.pass_of(width):.2f}" for width in (1, 4, 8, 17))
    return (
        f"### {result.pair}, {result.precision}, windows: {result.windows}\n\n"
        f"Prices in ms: draft step {1e3 * costs.draft:.2f}; main's pass over {prices}.\n\n"
        f"{table(_HEADINGS, [_row(result, policy) for policy in result.policies])}\n"
        f"auto: {result.gain(AUTO):.2f}x of greedy; {share:.3f}x of the best fixed lookahead here "
        f"({best.name}). {result.identical} of {result.decodes} decodes have greedy decoding's tokens.\n"
    )


def _row(result: LookaheadResult, policy: Policy) -> tuple[str, ...]:
    fixed = policy.name not in (GREEDY, AUTO)
    tokens, gain = result.expected(int(policy.name)) if fixed else (None, None)
    return (
        policy.name,
        f"{1e3 * policy.token_seconds:.2f}",
        f"{result.gain(policy.name):.2f}x",
        f"{gain:.2f}x" if gain else "",
        f"{policy.tokens_per_cycle:.2f}",
        f"{tokens:.2f}" if tokens else "",
        str(policy.proposed),
        f"{policy.accepted / policy.proposed:.0%}" if policy.proposed else "",
    )
