"""``benchmark --mode batch``: tokens per second when clips share a pass, with and without the draft."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from specwhisper.evaluation.findings import Plan
from specwhisper.evaluation.interleave import Heard
from specwhisper.results import Transcript
from specwhisper.transcription.transcriber import Transcriber

OnProgress = Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class Call:
    """One call over all clips.

    Attributes:
        decode: seconds of the decode alone.
        total: seconds of everything.
        cycles: passes of main, each row counted.
        decided: tokens that main decided, end-of-text included.
        tokens: what was written, clip by clip.
    """

    decode: float
    total: float
    cycles: int
    decided: int
    tokens: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class BatchResult:
    """One pair at one precision and batch size, greedy and speculative in turn.

    Attributes:
        identical: clips, over all calls, with the tokens of the first call of batch size 1.
        clips: how many there were over all calls.
    """

    pair: str
    precision: str
    size: int
    greedy: tuple[Call, ...]
    speculative: tuple[Call, ...]
    identical: int
    clips: int

    def tokens_per_second(self, mode: str) -> float:
        """Median over the rounds."""
        calls: tuple[Call, ...] = getattr(self, mode)
        return calls[0].decided / median(call.decode for call in calls)

    @property
    def decode_gain(self) -> float:
        return median(call.decode for call in self.greedy) / median(call.decode for call in self.speculative)

    @property
    def total_gain(self) -> float:
        return median(call.total for call in self.greedy) / median(call.total for call in self.speculative)

    @property
    def tokens_per_cycle(self) -> float:
        return self.speculative[0].decided / self.speculative[0].cycles


def run_batches(
    plan: Plan, clips: Sequence[Heard], sizes: Sequence[int], *, on_progress: OnProgress
) -> list[BatchResult]:
    """Every pair, precision and batch size; greedy and speculative take turns, one warm-up call before.

    Raises:
        SpecWhisperError: a pair cannot be loaded or has no draft.
    """
    import torch

    from specwhisper.transcription.loading import load

    torch.set_num_threads(plan.threads)
    results: list[BatchResult] = []
    work = [(pair, precision) for pair in plan.pairs for precision in plan.precisions]
    for done, (pair, precision) in enumerate(work):

        def part(fraction: float, message: str, done: int = done, name: str = pair.name) -> None:
            on_progress((done + fraction) / len(work), f"{name}: {message}")

        transcriber = load(pair.name, "cpu", precision)
        expected: tuple[tuple[int, ...], ...] | None = None
        for index, size in enumerate(sizes):
            part(index / len(sizes), f"batches of {size}")
            result = _measure(transcriber, clips, size, plan.rounds, expected)
            expected = expected or result.greedy[0].tokens
            results.append(result)
    return results


def _measure(
    transcriber: Transcriber,
    clips: Sequence[Heard],
    size: int,
    rounds: int,
    expected: tuple[tuple[int, ...], ...] | None,
) -> BatchResult:
    # A first call measures the prices that the lookahead goes by, once per size; it should not be timed.
    _call(transcriber, clips[: size + 1], size, speculative=True)
    calls: dict[bool, list[Call]] = {False: [], True: []}
    for number in range(rounds):
        for speculative in (False, True) if number % 2 == 0 else (True, False):
            calls[speculative].append(_call(transcriber, clips, size, speculative=speculative))
    expected = expected or calls[False][0].tokens
    everything = [*calls[False], *calls[True]]
    same = sum(one == other for call in everything for one, other in zip(call.tokens, expected, strict=True))
    return BatchResult(
        transcriber.pair,
        transcriber.precision,
        size,
        tuple(calls[False]),
        tuple(calls[True]),
        same,
        len(clips) * len(everything),
    )


def _call(transcriber: Transcriber, clips: Sequence[Heard], size: int, *, speculative: bool) -> Call:
    languages = {heard.clip.language for heard in clips}
    written: list[Transcript] = transcriber.transcribe_batch(
        [heard.waveform for heard in clips],
        language=languages.pop() if len(languages) == 1 else None,
        speculative=speculative,
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
    )
