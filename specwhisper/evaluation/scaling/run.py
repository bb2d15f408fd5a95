"""``benchmark --mode scaling``: how time and memory grow with audio length, width, batch and model size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median

import numpy as np

from specwhisper.audio.waveform import SAMPLE_RATE, Waveform
from specwhisper.decoding.costs import Costs
from specwhisper.evaluation.common.dataset import LoadedClip
from specwhisper.evaluation.common.each_pair import each_pair
from specwhisper.evaluation.common.footprint import Footprint, footprint_once
from specwhisper.evaluation.common.ledger import Ledger
from specwhisper.evaluation.common.plan import Plan
from specwhisper.evaluation.peers.memory import peak_resident, reset_peak
from specwhisper.progress import OnProgress
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
        window: seconds of main's encoder per window of 30 s.
    """

    seconds: float
    tokens: int
    greedy: float
    speculative: float
    greedy_decode: float
    speculative_decode: float
    peak: int | None
    identical: bool
    window: float

    @property
    def real_time_factor(self) -> float:
        """Seconds of work per second of sound, with the draft."""
        return self.speculative / self.seconds


@dataclass(frozen=True, slots=True)
class ScalingResult:
    """One pair at one precision.

    Attributes:
        batches: clips that share a pass -> prices per clip.
    """

    pair: str
    precision: str
    footprint: Footprint
    lengths: tuple[Length, ...]
    batches: dict[int, Costs]

    @property
    def window(self) -> float:
        """Seconds of main's encoder per window of 30 s, in the longest recording."""
        return max(self.lengths, key=lambda length: length.seconds).window


def run_scaling(
    plan: Plan,
    clips: Sequence[LoadedClip],
    lengths: Sequence[float],
    sizes: Sequence[int],
    ledger: Ledger,
    *,
    on_progress: OnProgress,
) -> list[ScalingResult]:
    """Every pair and precision; recordings of each length are made by joining the clips, over and over.

    What the ledger holds is not done again.

    Raises:
        SpecWhisperError: a pair cannot be loaded.
    """
    results = []
    for turn in each_pair(plan, on_progress):
        done, found = 0.0, []
        for seconds in lengths:
            turn.on_progress(0.9 * done / sum(lengths), f"{seconds:g} s of sound")
            measure = partial(_length, turn.ready, clips, seconds, 1 if seconds > _LONG else plan.rounds)
            found.append(ledger.once(f"{turn.name} {seconds:g} s", Length, measure))
            done += seconds
        batches = {}
        for number, rows in enumerate(sizes):
            turn.on_progress(0.9 + 0.1 * number / len(sizes), f"passes of {rows}")
            prices = partial(_prices, turn.ready, rows)
            batches[rows] = ledger.once(f"{turn.name} passes of {rows}", Costs, prices)
        size = footprint_once(ledger, turn.name, turn.ready)
        results.append(ScalingResult(turn.pair.name, turn.precision, size, tuple(found), batches))
    return results


def joined(clips: Sequence[LoadedClip], seconds: float) -> np.ndarray:
    """So much sound, the clips one after the other and over again."""
    wanted = round(seconds * SAMPLE_RATE)
    everything = np.concatenate([heard.waveform.samples for heard in clips])
    return np.tile(everything, -(-wanted // len(everything)))[:wanted]


def _prices(ready: Callable[[], Transcriber], rows: int) -> Costs:
    costs = ready().costs(rows, anew=True)
    assert costs is not None
    return costs


def _length(
    ready: Callable[[], Transcriber], clips: Sequence[LoadedClip], seconds: float, rounds: int
) -> Length:
    """One recording both ways by turns."""
    transcriber, samples, language = ready(), joined(clips, seconds), clips[0].clip.language
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
    return Length(
        seconds=len(samples) / SAMPLE_RATE,
        tokens=calls[True][0].stats.tokens,
        greedy=median(one.total for one in greedy),
        speculative=median(one.total for one in drafted),
        greedy_decode=median(one.decode for one in greedy),
        speculative_decode=median(one.decode for one in drafted),
        peak=peak_resident() if reset else None,
        identical=calls[False][0].tokens == calls[True][0].tokens,
        window=median(one.encode_main for one in greedy) / windows,
    )
