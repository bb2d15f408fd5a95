"""Figures over all clips of a benchmark, each with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from specwhisper.evaluation.common.calls import ClipCalls, on_clip, together
from specwhisper.evaluation.common.footprint import Footprint
from specwhisper.evaluation.common.kinds import Share
from specwhisper.evaluation.common.statistics import Estimate, ratio
from specwhisper.evaluation.common.wer import errors_of
from specwhisper.evaluation.pairs.run import PairFound


@dataclass(frozen=True, slots=True)
class Way:
    """One way to decode over all clips; the first way of a pair is what the others are compared with.

    Attributes:
        wer, cer: None where the references hold no word.
        exact: clips written exactly as the reference; of those that have one.
        identical: clips with the baseline's tokens.
        identical_tokens: share of the baseline's tokens that stand before the first difference.
        decode_gain, total_gain: how many times faster than the baseline.
        ms_per_token: of decoding.
        decode_share: of the whole time.
        acceptance: accepted / drafted; None where nothing was drafted.
        places, kinds: proposals that main looked at, and accepted.
    """

    name: str
    wer: Estimate | None
    cer: Estimate | None
    exact: tuple[int, int]
    identical: int
    identical_tokens: float
    near_ties: int
    held_back: int
    steady: int
    decode_gain: Estimate
    total_gain: Estimate
    ms_per_token: float
    decode_share: float
    total: float
    real_time_factor: float
    tokens_per_cycle: float
    acceptance: float | None
    places: tuple[Share, ...]
    kinds: dict[str, Share]


@dataclass(frozen=True, slots=True)
class PairSummary:
    """One pair at one precision.

    Attributes:
        footprint: parameters and bytes of main and of the draft.
        seconds: of sound.
        ways: baseline first.
    """

    pair: str
    precision: str
    clips: int
    seconds: float
    footprint: Footprint
    ways: tuple[Way, ...]

    def way(self, name: str) -> Way:
        return next(way for way in self.ways if way.name == name)


def summarise(found: PairFound, seed: int = 0) -> PairSummary:
    """The figures of one pair at one precision; the seed is that of the bootstrap."""
    ways = {way: [on_clip(one, way) for one in found.clips] for way in found.clips[0].calls}
    baseline = next(iter(ways.values()))
    return PairSummary(
        found.pair,
        found.precision,
        len(baseline),
        sum(one.seconds for one in baseline),
        found.footprint,
        tuple(_way(way, clips, baseline, seed) for way, clips in ways.items()),
    )


def agreeing(one: Sequence[int], other: Sequence[int]) -> int:
    """How many tokens two texts have in common before they part."""
    return next(
        (at for at, (this, that) in enumerate(zip(one, other, strict=False)) if this != that),
        min(len(one), len(other)),
    )


def _way(name: str, clips: Sequence[ClipCalls], baseline: Sequence[ClipCalls], seed: int) -> Way:
    calls, bases = [one.typical for one in clips], [one.typical for one in baseline]
    errors = [errors_of(one.clip, call.text, "whisper") for one, call in zip(clips, calls, strict=True)]
    said = [one for one in errors if one.of_words]
    every = together(calls)
    tokens = [(base.tokens, one.tokens) for base, one in zip(bases, calls, strict=True)]
    baseline_tokens = sum(len(base) for base, _ in tokens)
    decode_gain = ratio([base.decode for base in bases], [one.decode for one in calls], seed)
    total_gain = ratio([base.total for base in bases], [one.total for one in calls], seed)
    return Way(
        name=name,
        wer=ratio([one.words for one in errors], [one.of_words for one in errors], seed),
        cer=ratio([one.characters for one in errors], [one.of_characters for one in errors], seed),
        exact=(sum(one.exact for one in said), len(said)),
        identical=sum(base == own for base, own in tokens),
        identical_tokens=sum(agreeing(*both) for both in tokens) / baseline_tokens
        if baseline_tokens
        else 1.0,
        near_ties=every.near_ties,
        held_back=every.held_back,
        steady=sum(one.steady for one in clips),
        decode_gain=decode_gain or Estimate(1.0, 1.0, 1.0),
        total_gain=total_gain or Estimate(1.0, 1.0, 1.0),
        ms_per_token=1e3 * every.decode / max(every.decided, 1),
        decode_share=every.decode / every.total if every.total else 0.0,
        total=every.total / len(calls),
        real_time_factor=every.total / max(sum(one.seconds for one in clips), 1e-9),
        tokens_per_cycle=every.decided / max(every.cycles, 1),
        acceptance=every.accepted / every.drafted if every.drafted else None,
        places=every.places,
        kinds=every.kinds,
    )
