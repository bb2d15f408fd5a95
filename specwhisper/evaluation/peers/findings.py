"""What ``--mode peers`` finds."""

from __future__ import annotations

from dataclasses import dataclass

from specwhisper.evaluation.common.machine import Machine
from specwhisper.evaluation.common.plan import Plan
from specwhisper.evaluation.peers.ceilings import Ceilings
from specwhisper.evaluation.peers.floors import Work
from specwhisper.evaluation.peers.measures import ClipRuns, Summary
from specwhisper.weights.pairs import Pair


@dataclass(frozen=True, slots=True)
class Floor:
    """What one model at one precision cannot go below on this machine, in seconds.

    Attributes:
        step: a decoder step's bytes at the rate at which this machine re-reads that many bytes.
        step_from_memory: the same bytes at memory bandwidth, as if no cache held any of them.
        encoder: its float32 operations at the rate of the best matrix product.
    """

    model: str
    precision: str
    work: Work
    step: float
    step_from_memory: float
    encoder: float


@dataclass(frozen=True, slots=True)
class Result:
    """One engine on one pair at one precision. ``memory`` in bytes, None when not measured."""

    pair: Pair
    engine: str
    precision: str
    clips: tuple[ClipRuns, ...]
    summary: Summary
    floor: Floor
    memory: int | None


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that was found.

    Attributes:
        missing: engine -> how to install it.
        left_out: (pair, engine, precision) -> why it was not or not wholly measured.
        failures: how many of those broke, rather than not being able to.
    """

    machine: Machine
    plan: Plan
    ceilings: Ceilings
    floors: tuple[Floor, ...]
    results: tuple[Result, ...]
    missing: dict[str, str]
    left_out: dict[tuple[str, str, str], str]
    failures: int
