"""The findings of ``benchmark --mode lookahead`` as a report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from specwhisper.evaluation.common.calls import GREEDY
from specwhisper.evaluation.common.line import Line
from specwhisper.evaluation.common.tables import table
from specwhisper.evaluation.lookahead.run import AUTO, LookaheadResult, Policy
from specwhisper.output.figures_benchmark import Axes, Series, curves
from specwhisper.output.page import Section

TITLE = "SpecWhisper's lookahead"

_HEADINGS = (
    "lookahead", "ms per token", "over greedy", "by theory", "tokens per cycle", "by theory", "proposed",
    "accepted",
)  # fmt: skip

NOTES = """\
Decoding alone (draft and verify), each window heard once and decoded in every way by turns; medians over the
rounds. *by theory*: if main agreed with every proposal alike (Leviathan et al. 2023), at the prices measured
when the pair was loaded. Runs of agreement come in two kinds, short and long, which is what *auto* lives on.
"""


def lookahead_sections(results: Sequence[LookaheadResult]) -> tuple[Section, ...]:
    """One table and two figures per pair and precision, and what follows from them."""
    sections = [
        Section(
            f"{one.pair}, {one.precision}, windows: {one.windows}", _part(one), (_speeds(one), _tokens(one))
        )
        for one in results
    ]
    return (*sections, Section("What the columns mean", NOTES))


def lookahead_lines(results: Sequence[LookaheadResult]) -> Iterator[Line]:
    """For ``benchmark compare``."""
    for one in results:
        for policy in one.policies:
            name = GREEDY if policy.name == GREEDY else f"lookahead {policy.name}"
            speed = 1e3 * policy.token_seconds
            yield Line(one.pair, one.precision, name, None, speed, one.gain(policy.name))


def _speeds(result: LookaheadResult) -> Any:
    proposals, fixed = zip(*result.fixed.items(), strict=True)
    auto, best = result.gain(AUTO), result.gain(result.best_fixed.name)
    return curves(
        Axes(
            f"auto: {auto:.2f}x of greedy decoding, the best fixed number {best:.2f}x",
            f"{result.pair}, {result.precision}: speed of decoding against the number of proposals",
            "proposals per cycle",
            "times greedy decoding",
            base=1.0,
        ),
        [
            Series("auto", proposals, (auto,) * len(proposals)),
            Series("fixed, measured", proposals, tuple(result.gain(policy.name) for policy in fixed)),
            Series("fixed, by theory", proposals, tuple(result.expected(each)[1] for each in proposals)),
        ],
    )


def _tokens(result: LookaheadResult) -> Any:
    proposals, fixed = zip(*result.fixed.items(), strict=True)
    return curves(
        Axes(
            "Tokens that a pass of main's brings",
            f"{result.pair}, {result.precision}: theory takes every proposal to be as likely as the last",
            "proposals per cycle",
            "tokens per cycle",
        ),
        [
            Series("measured", proposals, tuple(policy.tokens_per_cycle for policy in fixed)),
            Series("by theory", proposals, tuple(result.expected(each)[0] for each in proposals)),
        ],
    )


def _part(result: LookaheadResult) -> str:
    costs, best = result.costs, result.best_fixed
    share = best.token_seconds / result.policy(AUTO).token_seconds
    prices = ", ".join(f"{width} rows {1e3 * costs.pass_of(width):.2f}" for width in (1, 4, 8, 17))
    return (
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
