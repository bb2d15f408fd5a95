"""``benchmark --mode batch``: how throughput grows with clips decoded together, and what speculation adds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from statistics import median

from specwhisper.evaluation.common.dataset import LoadedClip
from specwhisper.evaluation.common.each_pair import Turn, each_pair
from specwhisper.evaluation.common.ledger import Ledger
from specwhisper.evaluation.common.plan import Plan
from specwhisper.evaluation.common.wer import Said, word_error_rate
from specwhisper.progress import OnProgress, part_of
from specwhisper.results import Transcript
from specwhisper.transcription.meter import Mode
from specwhisper.transcription.transcriber import Transcriber

MODES: tuple[Mode, ...] = ("greedy", "speculative")
GROUP = 2  # batches of the largest size that are measured together


@dataclass(frozen=True, slots=True)
class Call:
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
class Group:
    """Some clips at one batch size, greedy and speculative in turn."""

    greedy: tuple[Call, ...]
    speculative: tuple[Call, ...]

    def seconds(self, mode: str, what: str) -> float:
        """Median over the rounds."""
        calls: tuple[Call, ...] = getattr(self, mode)
        return median(getattr(call, what) for call in calls)


@dataclass(frozen=True, slots=True)
class BatchResult:
    """One pair at one precision and batch size.

    Attributes:
        identical: clips, over all calls, with the tokens of the first call of batch size 1.
        clips: how many there were over all calls.
        wer: of the first speculative calls, a fraction; None where the references hold no word.
    """

    pair: str
    precision: str
    size: int
    groups: tuple[Group, ...]
    identical: int
    clips: int
    wer: float | None

    def tokens_per_second(self, mode: str) -> float:
        """Of decoding, over all groups."""
        decided = sum(getattr(group, mode)[0].decided for group in self.groups)
        return decided / sum(group.seconds(mode, "decode") for group in self.groups)

    @property
    def decode_gain(self) -> float:
        return self._gain("decode")

    @property
    def total_gain(self) -> float:
        return self._gain("total")

    @property
    def tokens_per_cycle(self) -> float:
        calls = [group.speculative[0] for group in self.groups]
        return sum(call.decided for call in calls) / sum(call.cycles for call in calls)

    def _gain(self, what: str) -> float:
        greedy, speculative = (
            sum(group.seconds(mode, what) for group in self.groups) for mode in ("greedy", "speculative")
        )
        return greedy / speculative


def run_batches(
    plan: Plan,
    clips: Sequence[LoadedClip],
    sizes: Sequence[int],
    ledger: Ledger,
    *,
    on_progress: OnProgress,
) -> list[BatchResult]:
    """Every pair, precision and batch size, group of clips by group; what the ledger holds is not done again.

    Raises:
        SpecWhisperError: a pair cannot be loaded or has no draft.
    """
    results: list[BatchResult] = []
    most = GROUP * max(sizes)
    groups = [clips[start : start + most] for start in range(0, len(clips), most)]
    for turn in each_pair(plan, on_progress):
        expected: list[tuple[tuple[int, ...], ...]] = []
        for index, size in enumerate(sizes):
            warmed = cache(partial(_warmed, turn, groups[0], size))
            found = []
            for number, group in enumerate(groups):
                done = (index + number / len(groups)) / len(sizes)
                tell = part_of(turn.on_progress, done, done + 1 / (len(groups) * len(sizes)))
                key = f"{turn.name} {size} {number}"
                found.append(_measure(warmed, group, size, plan.rounds, ledger, key, tell))
            expected = expected or [group.greedy[0].tokens for group in found]
            results.append(_result(turn, size, found, expected, clips))
    return results


def _warmed(turn: Turn, clips: Sequence[LoadedClip], size: int) -> Transcriber:
    """The pair, with the prices of this size measured, which the lookahead goes by: not to be timed."""
    transcriber = turn.ready()
    _call_on(transcriber, clips[: size + 1], size, "speculative")
    return transcriber


def _result(
    turn: Turn,
    size: int,
    groups: Sequence[Group],
    expected: Sequence[tuple[tuple[int, ...], ...]],
    clips: Sequence[LoadedClip],
) -> BatchResult:
    written = [
        (one, other)
        for group, wanted in zip(groups, expected, strict=True)
        for call in (*group.greedy, *group.speculative)
        for one, other in zip(call.tokens, wanted, strict=True)
    ]
    same = sum(one == other for one, other in written)
    texts = [text for group in groups for text in group.speculative[0].texts]
    said = [
        Said(heard.clip.text, text, heard.clip.language) for heard, text in zip(clips, texts, strict=True)
    ]
    wer = word_error_rate(said, "whisper")
    return BatchResult(turn.pair.name, turn.precision, size, tuple(groups), same, len(written), wer)


def _measure(
    ready: Callable[[], Transcriber],
    clips: Sequence[LoadedClip],
    size: int,
    rounds: int,
    ledger: Ledger,
    key: str,
    tell: OnProgress,
) -> Group:
    """Both modes in turn; every call is kept as soon as it is over."""
    calls: dict[Mode, list[Call]] = {mode: [] for mode in MODES}
    for number in range(rounds):
        for place, mode in enumerate(MODES if number % 2 == 0 else MODES[::-1]):
            tell((number + place / len(MODES)) / rounds, f"batches of {size}")
            call = partial(_call, ready, clips, size, mode)
            calls[mode].append(ledger.once(f"{key} {number} {mode}", Call, call))
    return Group(*(tuple(calls[mode]) for mode in MODES))


def _call(ready: Callable[[], Transcriber], clips: Sequence[LoadedClip], size: int, mode: Mode) -> Call:
    return _call_on(ready(), clips, size, mode)


def _call_on(transcriber: Transcriber, clips: Sequence[LoadedClip], size: int, mode: Mode) -> Call:
    languages = {heard.clip.language for heard in clips}
    written: list[Transcript] = transcriber.transcribe_batch(
        [heard.waveform for heard in clips],
        language=languages.pop() if len(languages) == 1 else None,
        speculative=mode == "speculative",
        batch_size=size,
        timestamps="none",
        vad=False,
        max_seconds=None,
    )
    seconds = [one.stats.seconds for one in written]
    return Call(
        decode=sum(one.decode for one in seconds),
        total=sum(one.total for one in seconds),
        cycles=sum(len(one.stats.cycles) for one in written),
        decided=sum(one.stats.tokens for one in written),
        tokens=tuple(one.tokens for one in written),
        texts=tuple(one.text for one in written),
    )
