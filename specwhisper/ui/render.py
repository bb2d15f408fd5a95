"""A comparison as HTML: the verdict and its numbers. Every text is escaped here."""

from __future__ import annotations

from html import escape
from typing import Any

from specwhisper.output.summary import find, metrics, real_time, why_total
from specwhisper.results import Comparison
from specwhisper.ui.page import warnings_html


def verdict_html(comparison: Comparison, run: str = "") -> str:
    """The finding: identical or not, faster or not.

    Args:
        run: the name under which the comparison is kept.
    """
    finding = find(comparison)
    kind, mark = ("same", "✓") if finding.identical else ("differs", "≠")
    difference = f'<p class="sw-difference">{escape(finding.difference)}</p>' if finding.difference else ""
    return (
        f'<section class="sw-verdict sw-{kind}" role="status" data-kept="{escape(run)}">'
        f'<span class="sw-mark" aria-hidden="true">{mark}</span>'
        f"<div><h2>{escape(finding.verdict)}</h2>{difference}"
        f'<p class="sw-speed">{escape(finding.speed_sentence)}</p>'
        f'<p class="sw-why">{escape(why_total(comparison))}</p></div></section>'
    )


def numbers_html(comparison: Comparison) -> str:
    """What was wrong with the recording, and the numbers."""
    return f"{warnings_html(comparison.warnings)}{_tiles(comparison)}"


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
        *_near_ties(numbers),
        ("Speed", *_speeds(comparison)),
        ("Recording", _seconds(numbers["duration"]), f"language: {numbers['spoken']}"),
        ("Ran on", *_device(comparison)),
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


def _near_ties(numbers: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Only where there were any: on most processors sums do not depend on the width of a pass."""
    return [("Near ties", str(numbers["near_ties"]), "rechecked")] if numbers["near_ties"] else []


def _device(comparison: Comparison) -> tuple[str, str]:
    """The processor or card, and how the pair ran there."""
    stats = comparison.speculative.stats
    note = f"{stats.pair}, {stats.precision}"
    if "card" not in stats.variants:
        return "CPU" if stats.device == "cpu" else stats.device, note
    return str(stats.variants["card"]), f"{note}; passes {stats.variants['passes']}"


def _seconds(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds // 60)} min {int(seconds % 60)} s"
