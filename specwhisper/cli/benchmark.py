"""``python -m specwhisper benchmark``: its options, its output, its files."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from specwhisper.cli.inputs import folder
from specwhisper.cli.outputs import check_folder
from specwhisper.cli.turns import DONE, FAILED
from specwhisper.errors import AudioError, OptionError
from specwhisper.evaluation.common.dataset import spread
from specwhisper.evaluation.common.datasets_hub import add_columns, clips_of
from specwhisper.evaluation.options import (
    BATCH_SIZES,
    BEAMS,
    LENGTHS,
    batch_sizes_of,
    beams_of,
    check_languages,
    lengths_of,
    plan_of,
)
from specwhisper.names import shown
from specwhisper.terminal import complain

if TYPE_CHECKING:
    from specwhisper.evaluation.common.dataset import Clip, LoadedClip

MODES = {
    "speculative": "main alone and with its draft: errors, speed, acceptance",
    "v3": "the same across vocabularies and mel bins",
    "beam": "beam search beside both",
    "batch": "several clips at a time",
    "drafts": "which of the drafts there are is best for --pairs MAIN",
    "lookahead": "how far ahead the draft should write",
    "scaling": "time and memory by length, width, batch and size",
    "text": "texts as drafts: main's own, the draft's, garbled ones, the reference",
    "peers": "other engines, same weights",
}
"""Equal to modes.MODES, without importing what it needs for --help."""

COMPARE = "compare"


def add_parser(subparsers: Any) -> None:
    """Register the subcommand."""
    parser = subparsers.add_parser(
        "benchmark",
        help="measure, on clips of your own or of a public set",
        description="Measure, or compare two measurements: benchmark compare FOLDER FOLDER.",
    )
    parser.add_argument("words", nargs="*", metavar="compare A B", help="two folders of earlier benchmarks")
    parser.add_argument(
        "--mode",
        choices=MODES,
        default="speculative",
        help="; ".join(f"{name}: {what}" for name, what in MODES.items()) + " (default: %(default)s)",
    )
    parser.add_argument(
        "--pairs",
        metavar="PAIR,...",
        help="MAIN+DRAFT, or MAIN for modes peers and drafts (default: base+tiny)",
    )
    parser.add_argument(
        "--dataset", metavar="SET",
        help="a folder with manifest.jsonl (audio, text, language per line), librispeech-dummy, "
        "voxpopuli-nl or a Hub id",
    )  # fmt: skip
    add_columns(parser)
    parser.add_argument("--samples", type=int, metavar="N", help="clips, spread over the set (default: all)")
    parser.add_argument("--seed", type=int, default=0, help="of the choice of clips and of the intervals")
    parser.add_argument(
        "--precision", default="fp32", metavar="P,...", help="fp32, bf16, int8, fp16 (default: fp32)"
    )
    parser.add_argument("--device", choices=("cpu", "cuda", "auto"), default="cpu", help="(default: cpu)")
    parser.add_argument(
        "--engines", metavar="NAME,...",
        help="of mode peers: beginnings of names, e.g. specwhisper,faster (default: all)"
    )  # fmt: skip
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="(default: %(default)s)")
    parser.add_argument("--threads", type=int, metavar="N", help="of every engine (default: all cores)")
    parser.add_argument("--beams", default=BEAMS, metavar="N,...", help="of mode beam (default: %(default)s)")
    parser.add_argument(
        "--batch-sizes",
        default=BATCH_SIZES,
        metavar="N,...",
        help="of modes batch and scaling (default: %(default)s)",
    )
    parser.add_argument(
        "--lengths", default=LENGTHS, metavar="S,...", help="seconds, of mode scaling (default: %(default)s)"
    )
    parser.add_argument(
        "--memory", action="store_true", help="of mode peers: also each engine's peak resident memory"
    )
    parser.add_argument(
        "--output-dir", type=folder, metavar="DIR",
        help="report.html, report.md, results.json, clips.csv; one that was stopped goes on from here",
    )  # fmt: skip
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Measure, print a report, write the files; or compare two earlier measurements.

    Returns:
        0 done; 1 when an engine broke or a clip could not be heard (the others are reported).

    Raises:
        OptionError: an option is wrong, found out before any model is loaded.
        ModelError: weights cannot be had.
    """
    from specwhisper.evaluation.common.document import write_document
    from specwhisper.evaluation.modes import measure

    if arguments.words:
        return _compare(arguments)
    plan = plan_of(arguments)
    batch_sizes_of(arguments)
    lengths_of(arguments)
    beams_of(arguments)
    clips = spread(clips_of(arguments), arguments.samples, arguments.seed)
    check_languages(plan.pairs, clips)
    if arguments.output_dir is not None:
        check_folder(arguments.output_dir)
    heard = load_clips(clips)
    if not heard:
        return FAILED
    document = measure(plan, heard, arguments)
    print(document.text, end="", flush=True)
    if arguments.output_dir is not None:
        for path in write_document(document, _options(arguments), arguments.output_dir):
            print(f"-> {shown(str(path))}", file=sys.stderr)
    return FAILED if document.failures or len(heard) < len(clips) else DONE


def _compare(arguments: argparse.Namespace) -> int:
    from specwhisper.evaluation.compare_runs import compare_folders

    if arguments.words[0] != COMPARE or len(arguments.words) != 3:
        raise OptionError("Write: benchmark compare FOLDER FOLDER, or benchmark --dataset SET.")
    print(compare_folders(*(Path(word) for word in arguments.words[1:])), end="")
    return DONE


def load_clips(clips: tuple[Clip, ...]) -> tuple[LoadedClip, ...]:
    """The sound of every clip; one that cannot be heard is named and left out."""
    from specwhisper.audio.decode import load_audio
    from specwhisper.evaluation.common.dataset import LoadedClip

    heard = []
    for clip in clips:
        try:
            heard.append(LoadedClip(clip, load_audio(clip.sound, strict=True)))
        except AudioError as error:
            complain(str(error))
    return tuple(heard)


def _options(arguments: argparse.Namespace) -> dict[str, Any]:
    return {key: _plain(value) for key, value in vars(arguments).items() if key not in ("run", "words")}


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Path) else value
