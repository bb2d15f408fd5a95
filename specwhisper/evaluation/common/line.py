"""What every mode of the benchmark has to say alike, so that two runs can be laid side by side."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """One way to do one pair's work; None where a mode does not tell.

    Attributes:
        name: of the way: ``speculative``, ``beam 5``, ``batch 4``, ``lookahead auto``, ``300 s``, an engine.
        wer: word error rate, a fraction.
        ms_per_token: of decoding.
        decode_gain, total_gain: how many times faster than main alone.
        total_interval: 95% of the latter.
    """

    pair: str
    precision: str
    name: str
    wer: float | None = None
    ms_per_token: float | None = None
    decode_gain: float | None = None
    total_gain: float | None = None
    total_interval: tuple[float, float] | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        return self.pair, self.precision, self.name
