"""What each mode of the benchmark does: from a plan and clips to a document."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING

from specwhisper import __version__
from specwhisper.evaluation.common.dataset import LoadedClip
from specwhisper.evaluation.common.document import Document, document_of
from specwhisper.evaluation.common.ledger import NAME as LEDGER
from specwhisper.evaluation.common.ledger import Ledger
from specwhisper.evaluation.common.plan import Plan
from specwhisper.evaluation.common.study import Study
from specwhisper.evaluation.options import batch_sizes_of, beams_of, lengths_of
from specwhisper.terminal import note, progress_bar

if TYPE_CHECKING:
    from specwhisper.evaluation.peers.ceilings import Ceilings
    from specwhisper.evaluation.peers.findings import Floor

Mode = Callable[[Study, argparse.Namespace], Document]

TITLES = {
    "speculative": "Speculative decoding",
    "v3": "Across versions: main and draft with other vocabularies or mel bins",
    "beam": "Beam search beside greedy and speculative decoding",
    "drafts": "Which draft for this speech",
}
"""Of the reports on ways to decode; ``v3`` is ``speculative`` under a title of its own."""


def measure(plan: Plan, heard: tuple[LoadedClip, ...], arguments: argparse.Namespace) -> Document:
    """Do what ``--mode`` says; what is found is kept in the output folder, if there is one, as it is found.

    Raises:
        SpecWhisperError: a pair cannot be loaded, or the folder not be used.
    """
    ledger = _ledger_of(plan, heard, arguments)
    try:
        with progress_bar("benchmark", once=True) as on_progress:
            return MODES[arguments.mode](Study(plan, heard, ledger, on_progress), arguments)
    finally:
        ledger.close()


def _pairs(study: Study, arguments: argparse.Namespace) -> Document:
    from specwhisper.evaluation.pairs.report import pairs_document
    from specwhisper.evaluation.pairs.run import run_variants, with_beams

    mode = arguments.mode
    found = run_variants(study, with_beams(*(beams_of(arguments) if mode == "beam" else ())))
    ranked = mode == "drafts"
    return pairs_document(TITLES[mode], study.plan, study.clips, found, seed=arguments.seed, ranked=ranked)


def _batch(study: Study, arguments: argparse.Namespace) -> Document:
    from specwhisper.evaluation.batch.report import TITLE, batch_lines, batch_rows, batch_sections
    from specwhisper.evaluation.batch.run import run_batches

    results = run_batches(study, batch_sizes_of(arguments))
    sections, lines, rows = batch_sections(results), batch_lines(results), batch_rows(results, study.clips)
    return document_of(TITLE, study.plan, study.clips, sections, results, lines, tuple(rows))


def _lookahead(study: Study, arguments: argparse.Namespace) -> Document:
    from specwhisper.evaluation.lookahead.report import TITLE, lookahead_lines, lookahead_sections
    from specwhisper.evaluation.lookahead.run import run_lookahead

    results = run_lookahead(study)
    sections, lines = lookahead_sections(results), lookahead_lines(results)
    return document_of(TITLE, study.plan, study.clips, sections, results, lines)


def _text(study: Study, arguments: argparse.Namespace) -> Document:
    from specwhisper.evaluation.text.report import TITLE, text_lines, text_sections
    from specwhisper.evaluation.text.run import run_texts

    results = run_texts(study)
    return document_of(TITLE, study.plan, study.clips, text_sections(results), results, text_lines(results))


def _scaling(study: Study, arguments: argparse.Namespace) -> Document:
    from specwhisper.evaluation.scaling.report import TITLE, scaling_lines, scaling_sections
    from specwhisper.evaluation.scaling.run import run_scaling

    results = run_scaling(study, lengths_of(arguments), batch_sizes_of(arguments))
    sections, lines = scaling_sections(results), scaling_lines(results)
    return document_of(TITLE, study.plan, study.clips, sections, results, lines)


def _peers(study: Study, arguments: argparse.Namespace) -> Document:
    from specwhisper.evaluation.peers.report import ceilings_text, peers_document
    from specwhisper.evaluation.peers.run import run_peers

    def tell(ceilings: Ceilings, floors: tuple[Floor, ...]) -> None:
        for line in ceilings_text(ceilings, floors).splitlines():
            note(line)

    return peers_document(run_peers(study, tell), study.clips)


def _ledger_of(plan: Plan, heard: tuple[LoadedClip, ...], arguments: argparse.Namespace) -> Ledger:
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
    return ledger


MODES: dict[str, Mode] = {
    "speculative": _pairs,
    "v3": _pairs,
    "beam": _pairs,
    "batch": _batch,
    "drafts": _pairs,
    "lookahead": _lookahead,
    "scaling": _scaling,
    "text": _text,
    "peers": _peers,
}
