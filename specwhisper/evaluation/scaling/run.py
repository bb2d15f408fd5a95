"""``benchmark --mode scaling``: how time and memory grow with audio length, width, batch and model size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from specwhisper.audio.waveform import SAMPLE_RATE, Waveform
from specwhisper.decoding.costs import Costs
from specwhisper.evaluation.common.calls import GREEDY, SPECULATIVE, Call, call_of, typical
from specwhisper.evaluation.common.dataset import LoadedClip
from specwhisper.evaluation.common.each_pair import Turn, each_pair
from specwhisper.evaluation.common.footprint import Footprint
from specwhisper.evaluation.common.study import Study
from specwhisper.evaluation.peers.memory import peak_resident, reset_peak
from specwhisper.progress import OnProgress, part_of

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


def run_scaling(study: Study, lengths: Sequence[float], sizes: Sequence[int]) -> list[ScalingResult]:
    """Every pair and precision; recordings of each length are made by joining the clips, over and over.

    Raises:
        SpecWhisperError: a pair cannot be loaded.
    """
    results = []
    for turn in each_pair(study):
        done, found = 0.0, []
        for seconds in lengths:
            part = part_of(turn.on_progress, 0.9 * done / sum(lengths), 0.9 * (done + seconds) / sum(lengths))
            found.append(_length(turn, study.clips, seconds, part))
            done += seconds
        batches = {}
        for number, rows in enumerate(sizes):
            turn.on_progress(0.9 + 0.1 * number / len(sizes), f"passes of {rows}")
            batches[rows] = turn.prices(rows)
        results.append(ScalingResult(turn.pair.name, turn.precision, turn.footprint(), tuple(found), batches))
    return results


def joined(clips: Sequence[LoadedClip], seconds: float) -> np.ndarray:
    """So much sound, the clips one after the other and over again."""
    wanted = round(seconds * SAMPLE_RATE)
    everything = np.concatenate([heard.waveform.samples for heard in clips])
    return np.tile(everything, -(-wanted // len(everything)))[:wanted]


def _length(turn: Turn, clips: Sequence[LoadedClip], seconds: float, on_progress: OnProgress) -> Length:
    """One recording both ways by turns."""

    def measure(seconds: float, way: str) -> Call:
        samples = joined(clips, seconds)
        transcriber, told = turn.ready(), reset_peak()
        written = transcriber.transcribe(
            Waveform(samples),
            language=clips[0].clip.language,
            speculative=way == SPECULATIVE,
            vad=False,
            max_seconds=None,
        )
        return replace(call_of(written), peak=peak_resident() if told else None)

    subject, rounds = (f"{seconds:g} s of sound", seconds), 1 if seconds > _LONG else None
    (found,) = turn.rounds([subject], (GREEDY, SPECULATIVE), Call, rounds).each(measure, on_progress)
    greedy, drafted = map(typical, found.calls.values())
    peaks = [call.peak for calls in found.calls.values() for call in calls if call.peak is not None]
    return Length(
        seconds=round(seconds * SAMPLE_RATE) / SAMPLE_RATE,
        tokens=drafted.decided,
        greedy=greedy.total,
        speculative=drafted.total,
        greedy_decode=greedy.decode,
        speculative_decode=drafted.decode,
        peak=max(peaks, default=None),
        identical=greedy.tokens == drafted.tokens,
        window=greedy.encode / greedy.windows,
    )
