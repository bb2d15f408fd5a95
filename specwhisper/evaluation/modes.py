"""What each mode of the benchmark does: from a plan and clips to a document."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from specwhisper import __version__
from specwhisper.evaluation.common.dataset import LoadedClip
from specwhisper.evaluation.common.document import Document, document_of
from specwhisper.evaluation.common.ledger import NAME as LEDGER
from specwhisper.evaluation.common.ledger import Ledger
from specwhisper.evaluation.common.plan import Plan
from specwhisper.evaluation.options import batch_sizes_of, beams_of, lengths_of
from specwhisper.terminal import note, progress_bar

Mode = Callable[[Plan, tuple[LoadedClip, ...], argparse.Namespace], Document]


def peers(plan: Plan, heard: tuple[LoadedClip, ...], arguments: argparse.Namespace) -> Document:
    from specwhisper.evaluation.peers.report import ceilings_text, peers_document
    from specwhisper.evaluation.peers.run import run_peers

    with ledger_of(plan, heard, arguments) as ledger, progress_bar("benchmark") as on_progress:
        report = run_peers(
            plan,
            heard,
            ledger,
            on_ceilings=lambda ceilings, floors: note(ceilings_text(ceilings, floors)),
            on_progress=on_progress,
        )
    return peers_document(report, heard)


def batch(plan: Plan, heard: tuple[LoadedClip, ...], arguments: argparse.Namespace) -> Document:
    from specwhisper.evaluation.batch.report import TITLE, batch_lines, batch_rows, batch_sections
    from specwhisper.evaluation.batch.run import run_batches

    sizes = batch_sizes_of(arguments)
    with ledger_of(plan, heard, arguments) as ledger, progress_bar("benchmark") as on_progress:
        results = run_batches(plan, heard, sizes, ledger, on_progress=on_progress)
    sections, lines = batch_sections(results), batch_lines(results)
    return document_of(TITLE, plan, heard, sections, results, lines, tuple(batch_rows(results, heard)))


def speculative(plan: Plan, heard: tuple[LoadedClip, ...], arguments: argparse.Namespace) -> Document:
    return _pairs("Speculative decoding", plan, heard, arguments)


def v3(plan: Plan, heard: tuple[LoadedClip, ...], arguments: argparse.Namespace) -> Document:
    return _pairs(
        "Across versions: main and draft with other vocabularies or mel bins", plan, heard, arguments
    )


def beam(plan: Plan, heard: tuple[LoadedClip, ...], arguments: argparse.Namespace) -> Document:
    beams = beams_of(arguments)
    return _pairs("Beam search beside greedy and speculative decoding", plan, heard, arguments, beams)


def drafts(plan: Plan, heard: tuple[LoadedClip, ...], arguments: argparse.Namespace) -> Document:
    return _pairs("Which draft for this speech", plan, heard, arguments, ranked=True)


def _pairs(
    title: str,
    plan: Plan,
    heard: tuple[LoadedClip, ...],
    arguments: argparse.Namespace,
    beams: tuple[int, ...] = (),
    *,
    ranked: bool = False,
) -> Document:
    from specwhisper.evaluation.pairs.report import pairs_document
    from specwhisper.evaluation.pairs.run import run_variants, with_beams

    with ledger_of(plan, heard, arguments) as ledger, progress_bar("benchmark") as on_progress:
        records, footprints = run_variants(plan, heard, with_beams(*beams), ledger, on_progress=on_progress)
    return pairs_document(title, plan, heard, records, footprints, seed=arguments.seed, ranked=ranked)


def lookahead(plan: Plan, heard: tuple[LoadedClip, ...], arguments: argparse.Namespace) -> Document:
    from specwhisper.evaluation.lookahead.report import TITLE, lookahead_lines, lookahead_sections
    from specwhisper.evaluation.lookahead.run import run_lookahead

    with ledger_of(plan, heard, arguments) as ledger, progress_bar("benchmark") as on_progress:
        results = run_lookahead(plan, heard, ledger, on_progress=on_progress)
    return document_of(TITLE, plan, heard, lookahead_sections(results), results, lookahead_lines(results))


def scaling(plan: Plan, heard: tuple[LoadedClip, ...], arguments: argparse.Namespace) -> Document:
    from specwhisper.evaluation.scaling.report import TITLE, scaling_lines, scaling_sections
    from specwhisper.evaluation.scaling.run import run_scaling

    lengths, sizes = lengths_of(arguments), batch_sizes_of(arguments)
    with ledger_of(plan, heard, arguments) as ledger, progress_bar("benchmark") as on_progress:
        results = run_scaling(plan, heard, lengths, sizes, ledger, on_progress=on_progress)
    return document_of(TITLE, plan, heard, scaling_sections(results), results, scaling_lines(results))


@contextmanager
def ledger_of(plan: Plan, heard: tuple[LoadedClip, ...], arguments: argparse.Namespace) -> Iterator[Ledger]:
    """What this very measurement has found so far, in its folder if it has one."""
    question = {
        "mode": arguments.mode,
        "rounds": plan.rounds,
        "threads": plan.threads,
        "device": plan.device,
        "beams": arguments.beams if arguments.mode == "beam" else None,
        "batch_sizes": arguments.batch_sizes if arguments.mode in ("batch", "scaling") else None,
        "lengths": arguments.lengths if arguments.mode == "scaling" else None,
        "clips": [[one.clip.name, round(one.waveform.seconds, 3), one.clip.language] for one in heard],
        "version": __version__,
    }
    folder = arguments.output_dir
    ledger = Ledger(folder / LEDGER if folder else None, question)
    if len(ledger):
        note(f"Going on: {folder / LEDGER} holds {len(ledger)} records already.")
    try:
        yield ledger
    finally:
        ledger.close()


MODES: dict[str, Mode] = {
    "speculative": speculative,
    "v3": v3,
    "beam": beam,
    "batch": batch,
    "drafts": drafts,
    "lookahead": lookahead,
    "scaling": scaling,
    "peers": peers,
}
