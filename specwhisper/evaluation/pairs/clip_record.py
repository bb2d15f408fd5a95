"""What was measured on one clip: plain data that goes into the ledger and comes out of it."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Run:
    """One call on one clip, in seconds.

    Attributes:
        features, encode, decode: of its parts (encode: main's and the draft's encoders).
        total: of the whole.
    """

    features: float
    encode: float
    decode: float
    total: float


@dataclass(frozen=True, slots=True)
class Side:
    """One way to decode a clip.

    Attributes:
        tokens: text ids, the same in every round.
        decided: tokens that main decided, end-of-text included.
        drafted, accepted, cycles, near_ties, held_back: see ``results.Stats``.
        places, kinds: proposals that main looked at and accepted (see ``evaluation.pairs.kinds``).
        runs: one per round.
        steady: every round wrote the same tokens.
    """

    text: str
    tokens: tuple[int, ...]
    decided: int
    cycles: int
    drafted: int
    accepted: int
    near_ties: int
    held_back: int
    places: tuple[tuple[int, int], ...]
    kinds: dict[str, tuple[int, int]]
    runs: tuple[Run, ...]
    steady: bool

    @property
    def decode(self) -> float:
        """Seconds of the decode loop, median over the rounds."""
        return median(run.decode for run in self.runs)

    @property
    def total(self) -> float:
        """Seconds of the whole call, median over the rounds."""
        return median(run.total for run in self.runs)


@dataclass(frozen=True, slots=True)
class ClipRecord:
    """All ways on one clip.

    Attributes:
        order: which way went first, second, ... in each round.
        sides: by name, the baseline first.
    """

    pair: str
    precision: str
    clip: str
    language: str
    seconds: float
    reference: str
    order: tuple[tuple[str, ...], ...]
    sides: dict[str, Side]
