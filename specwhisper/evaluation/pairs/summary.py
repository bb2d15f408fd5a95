"""Figures over all clips of a benchmark, each with its interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from specwhisper.evaluation.common.footprint import Footprint
from specwhisper.evaluation.common.normalise import Normaliser
from specwhisper.evaluation.common.statistics import Estimate, ratio
from specwhisper.evaluation.common.wer import Errors, Said, errors_of
from specwhisper.evaluation.pairs.clip_record import ClipRecord, Side

Share = tuple[int, int]  # looked at, accepted


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


def summarise_pairs(
    records: Sequence[ClipRecord],
    footprints: Mapping[tuple[str, str], Footprint],
    *,
    seed: int = 0,
    normaliser: Normaliser = "whisper",
) -> tuple[PairSummary, ...]:
    """One summary per pair and precision, in the order of the records.

    Args:
        seed: of the bootstrap.
        normaliser: what makes texts comparable.
    """
    summaries = []
    for (pair, precision), group in groupby(records, key=lambda one: (one.pair, one.precision)):
        clips = list(group)
        ways = tuple(_way(name, clips, seed, normaliser) for name in clips[0].sides)
        summaries.append(
            PairSummary(
                pair,
                precision,
                len(clips),
                sum(one.seconds for one in clips),
                footprints[pair, precision],
                ways,
            )
        )
    return tuple(summaries)


def errors_on(record: ClipRecord, side: Side, normaliser: Normaliser) -> Errors:
    """One clip's errors."""
    return errors_of(Said(record.reference, side.text, record.language), normaliser)


def agreeing(one: Sequence[int], other: Sequence[int]) -> int:
    """How many tokens two texts have in common before they part."""
    return next(
        (at for at, (this, that) in enumerate(zip(one, other, strict=False)) if this != that),
        min(len(one), len(other)),
    )


def _way(name: str, clips: Sequence[ClipRecord], seed: int, normaliser: Normaliser) -> Way:
    sides = [one.sides[name] for one in clips]
    bases = [next(iter(one.sides.values())) for one in clips]
    errors = [errors_on(one, side, normaliser) for one, side in zip(clips, sides, strict=True)]
    said = [one for one in errors if one.of_words]
    decided, drafted = sum(side.decided for side in sides), sum(side.drafted for side in sides)
    total = sum(side.total for side in sides)
    baseline_tokens = sum(len(base.tokens) for base in bases)
    pairs = list(zip(bases, sides, strict=True))
    decode_gain = ratio([base.decode for base in bases], [side.decode for side in sides], seed)
    total_gain = ratio([base.total for base in bases], [side.total for side in sides], seed)
    return Way(
        name=name,
        wer=ratio([one.words for one in errors], [one.of_words for one in errors], seed),
        cer=ratio([one.characters for one in errors], [one.of_characters for one in errors], seed),
        exact=(sum(one.exact for one in said), len(said)),
        identical=sum(side.tokens == base.tokens for base, side in pairs),
        identical_tokens=sum(agreeing(base.tokens, side.tokens) for base, side in pairs) / baseline_tokens
        if baseline_tokens
        else 1.0,
        near_ties=sum(side.near_ties for side in sides),
        held_back=sum(side.held_back for side in sides),
        steady=sum(side.steady for side in sides),
        decode_gain=decode_gain or Estimate(1.0, 1.0, 1.0),
        total_gain=total_gain or Estimate(1.0, 1.0, 1.0),
        ms_per_token=1e3 * sum(side.decode for side in sides) / max(decided, 1),
        total=total / len(sides),
        real_time_factor=total / max(sum(one.seconds for one in clips), 1e-9),
        tokens_per_cycle=decided / max(sum(side.cycles for side in sides), 1),
        acceptance=sum(side.accepted for side in sides) / drafted if drafted else None,
        places=_places(sides),
        kinds=_kinds(sides),
    )


def _places(sides: Sequence[Side]) -> tuple[Share, ...]:
    longest = max((len(side.places) for side in sides), default=0)
    return tuple(
        _sum([side.places[place] for side in sides if place < len(side.places)]) for place in range(longest)
    )


def _kinds(sides: Sequence[Side]) -> dict[str, Share]:
    names = dict.fromkeys(kind for side in sides for kind in side.kinds)
    return {name: _sum([side.kinds[name] for side in sides if name in side.kinds]) for name in names}


def _sum(shares: Sequence[Share]) -> Share:
    return sum(seen for seen, _ in shares), sum(accepted for _, accepted in shares)
