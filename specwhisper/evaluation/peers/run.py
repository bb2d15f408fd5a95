"""``benchmark --mode peers``: every engine on the same clips with the same weights, and the ceilings."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from specwhisper.errors import SpecWhisperError
from specwhisper.evaluation.common.dataset import LoadedClip
from specwhisper.evaluation.common.ledger import Ledger
from specwhisper.evaluation.common.machine import describe_machine
from specwhisper.evaluation.common.plan import Plan
from specwhisper.evaluation.peers.ceilings import Ceilings, measure_ceilings, read_rate
from specwhisper.evaluation.peers.engines.base import Engine, Job, Workshop
from specwhisper.evaluation.peers.engines.catalogue import BASELINE, KINDS, Kind
from specwhisper.evaluation.peers.findings import Floor, Report, Result
from specwhisper.evaluation.peers.floors import work_of
from specwhisper.evaluation.peers.interleave import PEER_ERRORS, complete, interleave, one_line
from specwhisper.evaluation.peers.measures import summarise
from specwhisper.evaluation.peers.memory import peak_bytes
from specwhisper.progress import OnProgress, part_of
from specwhisper.weights.pairs import Pair


def missing_engines(plan: Plan) -> dict[str, str]:
    """Which of the engines asked for are not installed here, and what would install them."""
    return {kind.name: f"pip install {kind.pip}" for kind in _kinds(plan) if not kind.installed}


def measure_floors(plan: Plan, ceilings: Ceilings, workshop: Workshop, ledger: Ledger) -> tuple[Floor, ...]:
    """The floors of every main model at every precision in which some engine stores it."""

    def measure(model: str, precision: str) -> Floor:
        work = work_of(workshop.weights(model).dims, precision)
        rate = max(read_rate(work.step_bytes, plan.threads), ceilings.bandwidth)
        return Floor(
            model,
            precision,
            work,
            work.step_bytes / rate,
            work.step_bytes / ceilings.bandwidth,
            work.encoder_flops / ceilings.gemm,
        )

    return tuple(
        ledger.once(f"floor {model} {precision}", Floor, partial(measure, model, precision))
        for model in dict.fromkeys(pair.main for pair in plan.pairs)
        for precision in _stored_precisions(plan)
    )


def run_peers(
    plan: Plan,
    clips: Sequence[LoadedClip],
    ledger: Ledger,
    *,
    on_ceilings: Callable[[Ceilings, tuple[Floor, ...]], None],
    on_progress: OnProgress,
) -> Report:
    """Measure ceilings, then pair by pair every engine; what the ledger holds is not done again.

    Args:
        on_ceilings: told of the ceilings before any engine is measured.

    Raises:
        SpecWhisperError: weights cannot be had.
    """
    results: list[Result] = []
    left_out: dict[tuple[str, str, str], str] = {}
    failures = 0
    with tempfile.TemporaryDirectory(prefix="specwhisper-peers-") as scratch:
        on_progress(0.0, "measuring the machine")
        workshop = Workshop(Path(scratch))
        ceilings = ledger.once("ceilings", Ceilings, partial(measure_ceilings, plan.threads))
        floors = measure_floors(plan, ceilings, workshop, ledger)
        on_ceilings(ceilings, floors)
        by_model = {(floor.model, floor.precision): floor for floor in floors}
        for index, pair in enumerate(plan.pairs):
            part = part_of(on_progress, index / len(plan.pairs), (index + 1) / len(plan.pairs), pair.name)
            jobs = _jobs(plan, pair)
            done = [label for label in jobs if complete(label, clips, plan.rounds, ledger, pair.name)]
            left = {label: job for label, job in jobs.items() if label not in done}
            built, refused, broken = _build(left, workshop, part)
            workshop.clear()  # the engines have their own copies; only they should be in memory
            engines = {label: built.get(label) for label in jobs if label not in refused}
            outcome = interleave(engines, clips, plan.rounds, ledger, group=pair.name, on_progress=part)
            failures += broken + len(outcome.failed)
            for label, why in {**refused, **outcome.failed}.items():
                left_out[(pair.name, jobs[label][0].name, jobs[label][1].precision)] = why
            del built, engines
            for label, runs in outcome.measured.items():
                kind, job = jobs[label]
                memory = None
                if plan.memory:
                    part(1.0, f"memory of {label}")
                    memory = _memory(kind, job, workshop, clips[0])
                summary = summarise(runs, outcome.measured.get(_label(BASELINE, job.precision)))
                stored = kind.true_precision(job.precision)
                floor = by_model[(pair.main, stored)]
                results.append(Result(pair, kind.name, stored, runs, summary, floor, memory))
    return Report(
        describe_machine(),
        plan,
        ceilings,
        floors,
        tuple(results),
        missing_engines(plan),
        left_out,
        failures,
    )


def _kinds(plan: Plan) -> tuple[Kind, ...]:
    return tuple(kind for kind in KINDS if kind.name in plan.engines)


def _stored_precisions(plan: Plan) -> tuple[str, ...]:
    stored = (
        kind.true_precision(precision)
        for precision in plan.precisions
        for kind in _kinds(plan)
        if kind.installed and precision in kind.precisions
    )
    return tuple(dict.fromkeys(stored))


def _jobs(plan: Plan, pair: Pair) -> dict[str, tuple[Kind, Job]]:
    return {
        _label(kind.name, precision): (kind, Job(pair, precision, plan.threads))
        for precision in plan.precisions
        for kind in _kinds(plan)
        if precision in kind.precisions and kind.installed and (pair.draft or not kind.with_draft)
    }


def _build(
    jobs: Mapping[str, tuple[Kind, Job]], workshop: Workshop, on_progress: OnProgress
) -> tuple[dict[str, Engine], dict[str, str], int]:
    """The engines, why some are none, and how many of those broke."""
    engines: dict[str, Engine] = {}
    refused: dict[str, str] = {}
    broken = 0
    for label, (kind, job) in jobs.items():
        on_progress(0.0, f"building {label}")
        try:
            engines[label] = kind.build(job, workshop)
        except SpecWhisperError as error:
            refused[label] = str(error)  # it says itself what it cannot do
        except (*PEER_ERRORS, ImportError) as error:
            refused[label] = one_line(error)
            broken += 1
    return engines, refused, broken


def _memory(kind: Kind, job: Job, workshop: Workshop, heard: LoadedClip) -> int | None:
    return peak_bytes(kind.name, job, workshop.folder, heard.waveform.samples, heard.clip.language)


def _label(name: str, precision: str) -> str:
    return f"{name}, {precision}"
