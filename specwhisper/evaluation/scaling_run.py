"""``benchmark --mode scaling``: how time and memory grow with audio length, width, batch and model size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from specwhisper.audio.waveform import SAMPLE_RATE, Waveform
from specwhisper.decoding.costs import Costs
from specwhisper.evaluation.each_pair import OnProgress, each_pair
from specwhisper.evaluation.findings import Plan
from specwhisper.evaluation.footprint import Footprint, footprint_of
from specwhisper.evaluation.interleave import Heard
from specwhisper.evaluation.memory import peak_resident, reset_peak
from specwhisper.results import Transcript
from specwhisper.transcription.transcriber import Transcriber

_LONG = 300.0  # seconds of sound beyond which one round is enough: its windows are rounds of their own


@dataclass(frozen=True, slots=True)
class Length:
    """A recording of some length, with and without the draft.

    Attributes:
        seconds: of sound.
        tokens: that main decided (of the speculative call).
        greedy, speculative: seconds of the whole call; medians over the rounds, as all here.
        greedy_decode, speculative_decode: seconds of its decode loops.
        peak: resident bytes at most while it was written; None where the system does not tell.
        identical: both wrote the same tokens.
    """

    seconds: float
    tokens: int
    greedy: float
    speculative: float
    greedy_decode: float
    speculative_decode: float
    peak: int | None
    identical: bool

    @property
    def real_time_factor(self) -> float:
        """Seconds of work per second of sound, with the draft."""
        return self.speculative / self.seconds


@dataclass(frozen=True, slots=True)
class ScalingResult:
    """One pair at one precision.

    Attributes:
        batches: clips that share a pass -> prices per clip.
        window: seconds of main's encoder per window of 30 s (median over the longest recording).
    """

    pair: str
    precision: str
    footprint: Footprint
    lengths: tuple[Length, ...]
    batches: dict[int, Costs]
    window: float


def run_scaling(
    plan: Plan,
    clips: Sequence[Heard],
    lengths: Sequence[float],
    sizes: Sequence[int],
    *,
    on_progress: OnProgress,
) -> list[ScalingResult]:
    """Every pair and precision; recordings of each length are made by joining the clips, over and over.

    Raises:
        SpecWhisperError: a pair cannot be loaded.
    """
    return [
        _measure(transcriber, clips, lengths, sizes, plan.rounds, part)
        for transcriber, part in each_pair(plan, on_progress)
    ]


def joined(clips: Sequence[Heard], seconds: float) -> np.ndarray:
    """So much sound, the clips one after the other and over again."""
    wanted = round(seconds * SAMPLE_RATE)
    everything = np.concatenate([heard.waveform.samples for heard in clips])
    return np.tile(everything, -(-wanted // len(everything)))[:wanted]


def _measure(
    transcriber: Transcriber,
    clips: Sequence[Heard],
    lengths: Sequence[float],
    sizes: Sequence[int],
    rounds: int,
    on_progress: OnProgress,
) -> ScalingResult:
    assert transcriber.draft is not None
    total = sum(lengths)
    done, found, window = 0.0, [], 0.0
    language = clips[0].clip.language
    for seconds in lengths:
        on_progress(0.9 * done / total, f"{seconds:g} s of sound")
        length, window = _length(
            transcriber, joined(clips, seconds), language, 1 if seconds > _LONG else rounds
        )
        found.append(length)
        done += seconds
    batches = {}
    for number, rows in enumerate(sizes):
        on_progress(0.9 + 0.1 * number / len(sizes), f"passes of {rows}")
        costs = transcriber.costs(rows)
        assert costs is not None
        batches[rows] = costs
    return ScalingResult(
        transcriber.pair,
        transcriber.precision,
        footprint_of(transcriber),
        tuple(found),
        batches,
        window,
    )


def _length(
    transcriber: Transcriber, samples: np.ndarray, language: str, rounds: int
) -> tuple[Length, float]:
    """One recording both ways by turns, and main's encoder's seconds per window."""
    calls: dict[bool, list[Transcript]] = {False: [], True: []}
    reset = reset_peak()
    for number in range(rounds):
        for speculative in (False, True) if number % 2 == 0 else (True, False):
            written = transcriber.transcribe(
                Waveform(samples),
                language=language,
                speculative=speculative,
                vad=False,
                max_seconds=None,
            )
            calls[speculative].append(written)
    greedy, drafted = ([one.stats.seconds for one in calls[each]] for each in (False, True))
    windows = len({cycle.window for cycle in calls[False][0].stats.cycles}) or 1
    length = Length(
        seconds=len(samples) / SAMPLE_RATE,
        tokens=calls[True][0].stats.tokens,
        greedy=median(one.total for one in greedy),
        speculative=median(one.total for one in drafted),
        greedy_decode=median(one.decode for one in greedy),
        speculative_decode=median(one.decode for one in drafted),
        peak=peak_resident() if reset else None,
        identical=calls[False][0].tokens == calls[True][0].tokens,
    )
    return length, median(one.encode_main for one in greedy) / windows
