"""What ``--mode peers`` finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from specwhisper.evaluation.common.calls import ClipCalls, together
from specwhisper.evaluation.common.machine import Machine
from specwhisper.evaluation.common.plan import Plan
from specwhisper.evaluation.common.wer import word_error_rate
from specwhisper.evaluation.peers.ceilings import Ceilings
from specwhisper.evaluation.peers.floors import Work
from specwhisper.weights.pairs import Pair


@dataclass(frozen=True, slots=True)
class Floor:
    """What one model at one precision cannot go below on this machine, in seconds.

    Attributes:
        step: a decoder step's bytes at the rate at which this machine re-reads that many bytes.
        step_from_memory: the same bytes at memory bandwidth, as if no cache held any of them.
        encoder: its float32 operations at the rate of the best matrix product.
    """

    model: str
    precision: str
    work: Work
    step: float
    step_from_memory: float
    encoder: float


@dataclass(frozen=True, slots=True)
class Summary:
    """One engine over all clips.

    Attributes:
        ms_per_token: decode of all clips / tokens of all clips.
        encode: seconds per clip (mean of the clips' medians), as are ``features`` and ``total``.
        real_time_factor: seconds of work per second of sound.
        wer: None when the references hold no word.
        identical: clips with the tokens of our greedy at the same precision; None when that did not run.
        clips: how many clips were measured.
        steady: clips on which every round wrote the same tokens.
    """

    ms_per_token: float
    tokens: int
    features: float
    encode: float
    total: float
    real_time_factor: float
    wer: float | None
    identical: int | None
    clips: int
    steady: int


@dataclass(frozen=True, slots=True)
class Result:
    """One engine on one pair at one precision. ``memory`` in bytes, None when not measured."""

    pair: Pair
    engine: str
    precision: str
    clips: tuple[ClipCalls, ...]
    summary: Summary
    floor: Floor
    memory: int | None


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that was found.

    Attributes:
        missing: engine -> how to install it.
        left_out: (pair, engine, precision) -> why it was not or not wholly measured.
        failures: how many of those broke, rather than not being able to.
    """

    machine: Machine
    plan: Plan
    ceilings: Ceilings
    floors: tuple[Floor, ...]
    results: tuple[Result, ...]
    missing: dict[str, str]
    left_out: dict[tuple[str, str, str], str]
    failures: int


def summarise(clips: Sequence[ClipCalls], baseline: Sequence[ClipCalls] | None) -> Summary:
    """The figures of one engine; ``baseline`` is our greedy on the same clips."""
    calls, count = [one.typical for one in clips], len(clips)
    every = together(calls)
    same = (
        None
        if baseline is None
        else sum(call.tokens == other.calls[0].tokens for call, other in zip(calls, baseline, strict=True))
    )
    return Summary(
        ms_per_token=1000 * every.decode / max(every.decided, 1),
        tokens=every.decided,
        features=every.features / count,
        encode=every.encode / count,
        total=every.total / count,
        real_time_factor=every.total / max(sum(one.seconds for one in clips), 1e-9),
        wer=word_error_rate([one.clip for one in clips], [call.text for call in calls]),
        identical=same,
        clips=count,
        steady=sum(one.steady for one in clips),
    )
