"""What a benchmark of pairs found, in a sentence each: computed, so that no plot can contradict it."""

from __future__ import annotations

from collections.abc import Sequence

from specwhisper.evaluation.common.calls import SPECULATIVE
from specwhisper.evaluation.common.statistics import Estimate
from specwhisper.evaluation.pairs.summary import PairSummary, Way


def verdict(one: PairSummary) -> str:
    """How fast, how certain and how alike; empty where main was not measured with its draft."""
    return "".join(_sentence(one, way) for way in one.ways[1:] if way.name == SPECULATIVE)


def seen_in_plot(summaries: Sequence[PairSummary]) -> str:
    """How to read a plot of seconds against errors, and where main alone lies in it if it is at one end."""
    quicker = {way.total < one.ways[0].total for one in summaries for way in one.ways[1:]}
    if len(quicker) != 1:
        return "Left and low is better"
    side = "right" if quicker.pop() else "left"
    return f"Left and low is better; main alone lies {side}"


def _sentence(one: PairSummary, way: Way) -> str:
    same = (
        "the same tokens on every clip"
        if way.identical == one.clips
        else f"the same tokens on {way.identical} of {one.clips} clips"
    )
    return (
        f"**{one.pair}, {one.precision}**: whole clip {_gain(way.total_gain, one.clips)}, "
        f"decode {_gain(way.decode_gain, one.clips)}; {same}. "
        f"Of main's own time {one.ways[0].decode_share:.0%} is decoding: the draft can only save in that."
    )


def _gain(gain: Estimate, clips: int) -> str:
    told = f"{gain.value:.2f}x as fast as main alone"
    if clips == 1:  # of which no interval can be reckoned
        return f"{told} on one clip, which may be chance"
    told += f" ({gain.low:.2f} to {gain.high:.2f})"
    return f"{told}, which may be chance" if gain.low < 1 < gain.high else told
