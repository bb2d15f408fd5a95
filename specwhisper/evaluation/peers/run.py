"""``benchmark --mode peers``: every engine on the same clips with the same weights, and the ceilings."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from specwhisper.errors import SpecWhisperError
from specwhisper.evaluation.common.calls import Call, ClipCalls, on_clip
from specwhisper.evaluation.common.dataset import LoadedClip
from specwhisper.evaluation.common.ledger import Ledger
from specwhisper.evaluation.common.machine import describe_machine
from specwhisper.evaluation.common.plan import Plan
from specwhisper.evaluation.common.rounds import Rounds
from specwhisper.evaluation.common.study import Study
from specwhisper.evaluation.peers.ceilings import Ceilings, measure_ceilings, read_rate
from specwhisper.evaluation.peers.engines.base import Engine, Job, Workshop
from specwhisper.evaluation.peers.engines.catalogue import BASELINE, KINDS, Kind
from specwhisper.evaluation.peers.findings import Floor, Report, Result, summarise
from specwhisper.evaluation.peers.floors import work_of
from specwhisper.evaluation.peers.memory import peak_bytes
from specwhisper.evaluation.peers.timed import PEER_ERRORS, one_line, timed
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


def run_peers(study: Study, on_ceilings: Callable[[Ceilings, tuple[Floor, ...]], None]) -> Report:
    """Measure ceilings, then pair by pair every engine.

    Args:
        on_ceilings: told of the ceilings before any engine is measured.

    Raises:
        SpecWhisperError: weights cannot be had.
    """
    plan, ledger, on_progress = study.plan, study.ledger, study.on_progress
    subjects = [(heard.clip.name, heard) for heard in study.clips]
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
            rounds = Rounds(ledger, pair.name, subjects, list(jobs), plan.rounds, Call)
            found, refused = _measured(rounds, jobs, workshop, part)
            failures += len(rounds.failed) - refused
            for label, why in rounds.failed.items():
                left_out[(pair.name, jobs[label][0].name, jobs[label][1].precision)] = why
            for label, runs in found.items():
                kind, job = jobs[label]
                memory = None
                if plan.memory:
                    part(1.0, f"memory of {label}")
                    memory = _memory(kind, job, workshop, study.clips[0])
                summary = summarise(runs, found.get(_label(BASELINE, job.precision)))
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


def _measured(
    rounds: Rounds[LoadedClip, Call],
    jobs: Mapping[str, tuple[Kind, Job]],
    workshop: Workshop,
    on_progress: OnProgress,
) -> tuple[dict[str, tuple[ClipCalls, ...]], int]:
    """What every engine did that did everything, and how many said that they cannot.

    Why an engine is left out stands in ``rounds.failed``.
    """
    engines, refused = _build(rounds, jobs, workshop, on_progress)
    workshop.clear()  # the engines have their own copies; only they should be in memory
    first = rounds.subjects[0][1]
    every = list(
        rounds.each(
            lambda heard, label: timed(engines[label], heard),
            on_progress,
            warm=lambda label: timed(engines[label], first, settle=0.0),
            by_round=True,
        )
    )
    whole = {
        label: tuple(on_clip(found, label) for found in every) for label in jobs if label not in rounds.failed
    }
    return whole, refused


def _build(
    rounds: Rounds[LoadedClip, Call],
    jobs: Mapping[str, tuple[Kind, Job]],
    workshop: Workshop,
    on_progress: OnProgress,
) -> tuple[dict[str, Engine], int]:
    """The engines of which something is missing, and how many said that they cannot."""
    engines: dict[str, Engine] = {}
    refused = 0
    for label in filter(rounds.missing, jobs):
        kind, job = jobs[label]
        on_progress(0.0, f"building {label}")
        try:
            engines[label] = kind.build(job, workshop)
        except SpecWhisperError as error:
            rounds.failed[label] = str(error)
            refused += 1
        except (*PEER_ERRORS, ImportError) as error:
            rounds.failed[label] = one_line(error)
    return engines, refused


def _memory(kind: Kind, job: Job, workshop: Workshop, heard: LoadedClip) -> int | None:
    return peak_bytes(kind.name, job, workshop.folder, heard.waveform.samples, heard.clip.language)


def _label(name: str, precision: str) -> str:
    return f"{name}, {precision}"
