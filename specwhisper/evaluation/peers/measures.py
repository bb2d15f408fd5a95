"""What is measured of an engine: plain data between the stages of a benchmark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from specwhisper.evaluation.common.dataset import Clip
from specwhisper.evaluation.common.wer import Said, word_error_rate


@dataclass(frozen=True, slots=True)
class Written:
    """One clip by one engine, as the engine tells it.

    Attributes:
        tokens: text ids, no prompt and no special ones.
        decided: how many tokens the decode decided: those and one end-of-text per window that ended.
        features: seconds of the log-mel features.
        encode: seconds of the encoder (of both, for a pair).
        decode: seconds of the decode.
    """

    text: str
    tokens: tuple[int, ...]
    decided: int
    features: float
    encode: float
    decode: float


@dataclass(frozen=True, slots=True)
class Run:
    """One measured transcription: ``total`` is the wall time from samples to text, in seconds."""

    round: int
    written: Written
    total: float


@dataclass(frozen=True, slots=True)
class ClipRuns:
    """All rounds of one clip by one engine; every figure is the median over them."""

    clip: Clip
    seconds: float
    runs: tuple[Run, ...]

    @property
    def text(self) -> str:
        return self.runs[0].written.text

    @property
    def tokens(self) -> tuple[int, ...]:
        return self.runs[0].written.tokens

    @property
    def decided(self) -> int:
        return self.runs[0].written.decided

    @property
    def features(self) -> float:
        return median(run.written.features for run in self.runs)

    @property
    def encode(self) -> float:
        return median(run.written.encode for run in self.runs)

    @property
    def decode(self) -> float:
        return median(run.written.decode for run in self.runs)

    @property
    def total(self) -> float:
        return median(run.total for run in self.runs)

    @property
    def steady(self) -> bool:
        """Whether every round wrote the same tokens."""
        return all(run.written.tokens == self.tokens for run in self.runs)


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


def summarise(clips: Sequence[ClipRuns], baseline: Sequence[ClipRuns] | None) -> Summary:
    """The figures of one engine; ``baseline`` is our greedy on the same clips."""
    tokens = sum(one.decided for one in clips)
    count = len(clips)
    total = sum(one.total for one in clips)
    same = (
        None
        if baseline is None
        else sum(one.tokens == other.tokens for one, other in zip(clips, baseline, strict=True))
    )
    return Summary(
        ms_per_token=1000 * sum(one.decode for one in clips) / max(tokens, 1),
        tokens=tokens,
        features=sum(one.features for one in clips) / count,
        encode=sum(one.encode for one in clips) / count,
        total=total / count,
        real_time_factor=total / max(sum(one.seconds for one in clips), 1e-9),
        wer=word_error_rate([Said(one.clip.text, one.text, one.clip.language) for one in clips]),
        identical=same,
        clips=count,
        steady=sum(one.steady for one in clips),
    )
