"""Comparisons in words, for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from specwhisper.output.summary import SILENT, spoken
from specwhisper.results import Comparison, Memory


def describe(file: str, comparison: Comparison) -> str:
    """One comparison: the verdict, both timings, the text."""
    baseline, speculative = comparison.baseline, comparison.speculative
    stats, difference = speculative.stats, comparison.first_difference
    verdict = (
        f"identical: {len(baseline.tokens)} of {len(baseline.tokens)} tokens"
        if difference is None
        else f"DIFFERENT from token {difference.position + 1} on"
    )
    drafting = f"{stats.acceptance_rate:.0%} of {stats.drafted} drafted accepted"
    lines = [
        f"{file}  ({baseline.duration:.1f} s, {spoken(baseline)})",
        f"  {verdict}; {stats.tokens_per_cycle:.2f} tokens per cycle, "
        f"{'no token drafted' if stats.silent else drafting}, near ties: {stats.near_ties}",
    ]
    if stats.silent:
        lines.append(f"  {SILENT} (--lookahead 4 asks it all the same)")
    for name, transcript in (("main alone", baseline), ("speculative", speculative)):
        seconds = transcript.stats.seconds
        lines.append(f"  {name:12} decode {seconds.decode:6.2f} s   total {seconds.total:6.2f} s")
    speedup = comparison.speedup
    lines.append(f"  {'speed-up':12} decode {speedup.decode:6.2f} x   total {speedup.total:6.2f} x")
    if stats.memory is not None:
        lines.append(f"  {'memory':12} {memory_phrase(stats.memory)}")
    lines.append(f"  {speculative.text}")
    if difference is not None:
        lines.append(f"  main alone wrote: {baseline.text}")
    return "\n".join(lines)


def memory_phrase(memory: Memory) -> str:
    """What the weights take: "main 405 MB, the draft adds 60 MB (14.8%)"."""
    shared = ", sharing main's encoder" if memory.shared_encoder else ""
    draft = f", the draft adds {memory.draft / 1e6:.0f} MB ({memory.draft_percent:.1f}%{shared})"
    return f"main {memory.main / 1e6:.0f} MB" + (draft if memory.draft else "")


def summarise(comparisons: Sequence[Comparison]) -> str:
    """Several comparisons in four lines; speed-ups as the ratio of the sums and the median of the clips."""
    tokens = sum(one.speculative.stats.tokens for one in comparisons)
    cycles = sum(len(one.speculative.stats.cycles) for one in comparisons)
    drafted = sum(one.speculative.stats.drafted for one in comparisons)
    accepted = sum(one.speculative.stats.accepted for one in comparisons)
    near_ties = sum(one.speculative.stats.near_ties for one in comparisons)
    same = sum(one.identical for one in comparisons)
    lines = [
        f"{len(comparisons)} files: {same} of {len(comparisons)} identical; {tokens / cycles:.2f} tokens per "
        f"cycle, {accepted / max(drafted, 1):.0%} of {drafted} drafted accepted, near ties: {near_ties}"
    ]
    sums = {}
    for name, side in (("main alone", "baseline"), ("speculative", "speculative")):
        stats = [getattr(one, side).stats for one in comparisons]
        decode = sum(one.seconds.decode for one in stats)
        total = sum(one.seconds.total for one in stats)
        sums[side] = (decode, total)
        lines.append(
            f"  {name:12} decode {decode:7.2f} s ({1000 * decode / tokens:.1f} ms per token)   "
            f"total {total:7.2f} s"
        )
    (decode_one, total_one), (decode_other, total_other) = sums["baseline"], sums["speculative"]
    medians = (
        median(one.speedup.decode for one in comparisons),
        median(one.speedup.total for one in comparisons),
    )
    lines.append(
        f"  {'speed-up':12} decode {decode_one / decode_other:.2f} x (median {medians[0]:.2f})   "
        f"total {total_one / total_other:.2f} x (median {medians[1]:.2f})"
    )
    return "\n".join(lines)
