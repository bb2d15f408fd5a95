"""``benchmark --mode batch``: how throughput grows with clips decoded together, and what speculation adds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from specwhisper.evaluation.common.calls import GREEDY, SPECULATIVE, Call, call_of, together
from specwhisper.evaluation.common.dataset import LoadedClip
from specwhisper.evaluation.common.each_pair import Turn, each_pair
from specwhisper.evaluation.common.study import Study
from specwhisper.evaluation.common.wer import word_error_rate
from specwhisper.progress import OnProgress, part_of

WAYS = GREEDY, SPECULATIVE
GROUP = 2  # batches of the largest size that are measured together

Clips = Sequence[LoadedClip]
Calls = tuple[Call, ...]
"""One call over the clips of a group, clip by clip."""


@dataclass(frozen=True, slots=True)
class Together:
    """One call over the clips of a group.

    Attributes:
        decode: seconds of the decode alone.
        total: seconds of everything.
        cycles: passes of main, each row counted.
        decided: tokens that main decided, end-of-text included.
        tokens, texts: what was written, clip by clip.
    """

    decode: float
    total: float
    cycles: int
    decided: int
    tokens: tuple[tuple[int, ...], ...]
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BatchResult:
    """One pair at one precision and batch size.

    Attributes:
        groups: of clips: the calls by way, round by round.
        identical: clips, over all calls, with the tokens of the first call of batch size 1.
        clips: how many there were over all calls.
        wer: of the first speculative calls, a fraction; None where the references hold no word.
    """

    pair: str
    precision: str
    size: int
    groups: tuple[dict[str, tuple[Together, ...]], ...]
    identical: int
    clips: int
    wer: float | None

    def tokens_per_second(self, way: str) -> float:
        """Of decoding, over all groups."""
        return sum(group[way][0].decided for group in self.groups) / self._seconds(way, "decode")

    @property
    def decode_gain(self) -> float:
        return self._seconds(GREEDY, "decode") / self._seconds(SPECULATIVE, "decode")

    @property
    def total_gain(self) -> float:
        return self._seconds(GREEDY, "total") / self._seconds(SPECULATIVE, "total")

    @property
    def tokens_per_cycle(self) -> float:
        calls = [group[SPECULATIVE][0] for group in self.groups]
        return sum(call.decided for call in calls) / sum(call.cycles for call in calls)

    def _seconds(self, way: str, what: str) -> float:
        """Medians over the rounds, all groups together."""
        return sum(median(getattr(call, what) for call in group[way]) for group in self.groups)


def run_batches(study: Study, sizes: Sequence[int]) -> list[BatchResult]:
    """Every pair, precision and batch size, group of clips by group.

    Raises:
        SpecWhisperError: a pair cannot be loaded or has no draft.
    """
    results: list[BatchResult] = []
    clips, most = study.clips, GROUP * max(sizes)
    groups = [clips[start : start + most] for start in range(0, len(clips), most)]
    for turn in each_pair(study):
        expected: list[tuple[tuple[int, ...], ...]] = []
        for index, size in enumerate(sizes):
            part = part_of(turn.on_progress, index / len(sizes), (index + 1) / len(sizes))
            found = _measured(turn, groups, size, part)
            expected = expected or [group[GREEDY][0].tokens for group in found]
            results.append(_result(turn, size, found, expected, clips))
    return results


def _measured(
    turn: Turn, groups: Sequence[Clips], size: int, on_progress: OnProgress
) -> list[dict[str, tuple[Together, ...]]]:
    subjects = [(f"batches of {size}, group {number}", group) for number, group in enumerate(groups, 1)]

    def measure(clips: Clips, way: str) -> Calls:
        return _call(turn, clips, size, way)

    def warm(way: str) -> None:
        """The prices of this size are measured, which the lookahead goes by: not to be timed."""
        if way == SPECULATIVE:
            measure(groups[0][: size + 1], way)

    every = turn.rounds(subjects, WAYS, Calls).each(measure, on_progress, warm=warm)
    return [{way: tuple(map(_together, calls)) for way, calls in found.calls.items()} for found in every]


def _call(turn: Turn, clips: Clips, size: int, way: str) -> Calls:
    languages = {heard.clip.language for heard in clips}
    written = turn.ready().transcribe_batch(
        [heard.waveform for heard in clips],
        language=languages.pop() if len(languages) == 1 else None,
        speculative=way == SPECULATIVE,
        batch_size=size,
        timestamps="none",
        vad=False,
        max_seconds=None,
    )
    return tuple(map(call_of, written))


def _together(calls: Calls) -> Together:
    every = together(calls)
    tokens, texts = tuple(one.tokens for one in calls), tuple(one.text for one in calls)
    return Together(every.decode, every.total, every.cycles, every.decided, tokens, texts)


def _result(
    turn: Turn,
    size: int,
    groups: Sequence[dict[str, tuple[Together, ...]]],
    expected: Sequence[tuple[tuple[int, ...], ...]],
    clips: Clips,
) -> BatchResult:
    same = [
        one == other
        for group, wanted in zip(groups, expected, strict=True)
        for calls in group.values()
        for call in calls
        for one, other in zip(call.tokens, wanted, strict=True)
    ]
    texts = [text for group in groups for text in group[SPECULATIVE][0].texts]
    wer = word_error_rate([heard.clip for heard in clips], texts, "whisper")
    return BatchResult(turn.pair.name, turn.precision, size, tuple(groups), sum(same), len(same), wer)
