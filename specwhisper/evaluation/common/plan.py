"""What a benchmark is asked."""

from __future__ import annotations

from dataclasses import dataclass

from specwhisper.weights.pairs import Pair


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure, checked. ``engines`` are names, in the catalogue's order; peers know the CPU alone."""

    pairs: tuple[Pair, ...]
    precisions: tuple[str, ...]
    rounds: int
    threads: int
    memory: bool
    engines: tuple[str, ...]
    device: str = "cpu"
