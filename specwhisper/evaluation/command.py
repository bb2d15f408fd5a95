"""``python -m specwhisper benchmark``: its options, checked before anything is loaded, and its output."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from specwhisper.errors import AudioError, OptionError
from specwhisper.files import DONE, FAILED
from specwhisper.outputs import check_folder
from specwhisper.terminal import complain, progress_bar, shown

if TYPE_CHECKING:
    from specwhisper.evaluation.dataset import Clip
    from specwhisper.evaluation.findings import Plan
    from specwhisper.evaluation.interleave import Heard
    from specwhisper.models.pairs import Pair

MODES = ("peers", "batch", "lookahead")
BATCH_SIZES = "1,2,4,8,16"
PRECISIONS = ("fp32", "int8")  # equal to peers.catalogue.PRECISIONS, without importing it for --help


def add_parser(subparsers: Any) -> None:
    """Register the subcommand."""
    parser = subparsers.add_parser("benchmark", help="measure, beside other engines, on clips of your own")
    parser.add_argument(
        "--mode", choices=MODES, default="peers",
        help="peers: other engines, same weights; batch: several clips at a time; "
        "lookahead: how far ahead the draft should write",
    )  # fmt: skip
    parser.add_argument(
        "--pairs", default="base+tiny", metavar="PAIR,...", help="MAIN+DRAFT or MAIN (default: %(default)s)"
    )
    parser.add_argument(
        "--dataset", type=Path, required=True, metavar="FOLDER",
        help="holds manifest.jsonl: audio, text, language per line",
    )  # fmt: skip
    parser.add_argument("--samples", type=int, metavar="N", help="clips, spread over the set (default: all)")
    parser.add_argument("--seed", type=int, default=0, help="of the choice of clips")
    parser.add_argument("--precision", default="fp32", metavar="P,...", help="fp32, int8 or both")
    parser.add_argument(
        "--engines", default="", metavar="NAME,...",
        help="beginnings of names, e.g. specwhisper,faster (default: all)"
    )  # fmt: skip
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="(default: %(default)s)")
    parser.add_argument("--threads", type=int, metavar="N", help="of every engine (default: all cores)")
    parser.add_argument(
        "--batch-sizes", default=BATCH_SIZES, metavar="N,...", help="of mode batch (default: %(default)s)"
    )
    parser.add_argument("--memory", action="store_true", help="also each engine's peak resident memory")
    parser.add_argument("--output-dir", type=Path, metavar="DIR", help="results.json, clips.csv, report.md")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Measure, print a report, write the files.

    Returns:
        0 done; 1 when an engine broke or a clip could not be heard (the others are reported).

    Raises:
        OptionError: an option is wrong, found out before any model is loaded.
        ModelError: weights cannot be had.
    """
    from specwhisper.evaluation.dataset import read_dataset, spread

    plan = plan_of(arguments)
    if arguments.mode != "peers":
        check_drafts(plan.pairs)
    sizes = batch_sizes_of(arguments) if arguments.mode == "batch" else ()
    clips = spread(read_dataset(arguments.dataset), arguments.samples, arguments.seed)
    check_languages(plan.pairs, clips)
    if arguments.output_dir is not None:
        check_folder(arguments.output_dir)
    heard = load_clips(clips)
    if not heard:
        return FAILED
    if arguments.mode == "lookahead":
        status = _lookahead(plan, heard, arguments)
    else:
        status = _batch(plan, heard, sizes, arguments) if sizes else _peers(plan, heard, arguments)
    return FAILED if len(heard) < len(clips) else status


def _peers(plan: Plan, heard: tuple[Heard, ...], arguments: argparse.Namespace) -> int:
    from specwhisper.evaluation.files_peers import write_report
    from specwhisper.evaluation.peers_run import run_peers
    from specwhisper.evaluation.report_peers import ceilings_text, results_text

    with progress_bar("benchmark") as on_progress:
        report = run_peers(
            plan,
            heard,
            on_ceilings=lambda ceilings, floors: print(ceilings_text(ceilings, floors), flush=True),
            on_progress=on_progress,
        )
    print(results_text(report), end="", flush=True)
    if arguments.output_dir is not None:
        _say_written(write_report(report, _options(arguments), arguments.output_dir))
    return FAILED if report.failures else DONE


def _batch(
    plan: Plan, heard: tuple[Heard, ...], sizes: tuple[int, ...], arguments: argparse.Namespace
) -> int:
    from specwhisper.evaluation.batch_run import run_batches
    from specwhisper.evaluation.report_batch import NOTES, batch_text, write_batch

    with progress_bar("benchmark") as on_progress:
        results = run_batches(plan, heard, sizes, on_progress=on_progress)
    print(f"{batch_text(results)}\n{NOTES}", end="", flush=True)
    if arguments.output_dir is not None:
        _say_written(write_batch(results, _options(arguments), arguments.output_dir))
    return DONE


def _lookahead(plan: Plan, heard: tuple[Heard, ...], arguments: argparse.Namespace) -> int:
    from specwhisper.evaluation.lookahead_run import run_lookahead
    from specwhisper.evaluation.report_lookahead import NOTES, lookahead_text, write_lookahead

    with progress_bar("benchmark") as on_progress:
        results = run_lookahead(plan, heard, on_progress=on_progress)
    print(f"{lookahead_text(results)}\n{NOTES}", end="", flush=True)
    if arguments.output_dir is not None:
        _say_written(write_lookahead(results, _options(arguments), arguments.output_dir))
    return DONE


def _options(arguments: argparse.Namespace) -> dict[str, Any]:
    return {key: _plain(value) for key, value in vars(arguments).items() if key != "run"}


def _say_written(paths: tuple[Path, ...]) -> None:
    for path in paths:
        print(f"-> {path}", file=sys.stderr)


def plan_of(arguments: argparse.Namespace) -> Plan:
    """The options, checked.

    Raises:
        OptionError: one of them has no such value.
    """
    from specwhisper.evaluation.findings import Plan
    from specwhisper.evaluation.machine import available_cores
    from specwhisper.evaluation.peers.catalogue import chosen_engines
    from specwhisper.models.pairs import parse_pair

    cores = available_cores()
    threads = cores if arguments.threads is None else arguments.threads
    if not 1 <= threads <= cores:
        raise OptionError(f"{threads} threads cannot be had: choose 1 to {cores}.")
    if arguments.rounds < 1:
        raise OptionError(f"{arguments.rounds} rounds measure nothing: take 1 or more.")
    precisions = _listed(arguments.precision, "--precision")
    for precision in precisions:
        if precision not in PRECISIONS:
            raise OptionError(f"Unknown precision {precision!r}: choose {' or '.join(PRECISIONS)}.")
    pairs = tuple(parse_pair(name) for name in _listed(arguments.pairs, "--pairs"))
    engines = chosen_engines(_listed(arguments.engines, "--engines") if arguments.engines else ())
    return Plan(pairs, precisions, arguments.rounds, threads, arguments.memory, engines)


def check_drafts(pairs: tuple[Pair, ...]) -> None:
    """Every pair has a draft.

    Raises:
        OptionError: one has none.
    """
    for pair in pairs:
        if pair.draft is None:
            raise OptionError(f"{pair.name!r} has no draft to compare with: choose e.g. base+tiny.")


def batch_sizes_of(arguments: argparse.Namespace) -> tuple[int, ...]:
    """``--batch-sizes``, smallest first, beginning with 1, which the others are compared with.

    Raises:
        OptionError: one is no size.
    """
    from specwhisper.decoding.strategy import Strategy, check_batch

    sizes = {1}
    for written in _listed(arguments.batch_sizes, "--batch-sizes"):
        if not written.isdecimal():
            raise OptionError(f"--batch-sizes {shown(written)} is no whole number: write e.g. {BATCH_SIZES}.")
        check_batch(int(written), Strategy())
        sizes.add(int(written))
    return tuple(sorted(sizes))


def check_languages(pairs: tuple[Pair, ...], clips: tuple[Clip, ...]) -> None:
    """English-only models of the catalogue are given English clips only.

    Raises:
        OptionError: they are not.
    """
    from specwhisper.models.catalogue import find_spec
    from specwhisper.vocabulary.specials import Vocabulary

    for name in (name for pair in pairs for name in (pair.main, pair.draft) if name):
        spec = find_spec(name)
        other = next((clip for clip in clips if clip.language != "en"), None)
        if spec and other and not Vocabulary(spec.dims.vocab_size).multilingual:
            raise OptionError(
                f"{name} knows only English, and {shown(other.name)} is {other.language}: "
                "choose another pair or dataset."
            )


def load_clips(clips: tuple[Clip, ...]) -> tuple[Heard, ...]:
    """The sound of every clip; one that cannot be heard is named and left out."""
    from specwhisper.audio.decode import load_audio
    from specwhisper.evaluation.interleave import Heard

    heard = []
    for clip in clips:
        try:
            heard.append(Heard(clip, load_audio(clip.path)))
        except AudioError as error:
            complain(str(error))
    return tuple(heard)


def _listed(text: str, option: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if not names:
        raise OptionError(f"{option} names nothing: write one or more, with commas between them.")
    return names


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Path) else value
