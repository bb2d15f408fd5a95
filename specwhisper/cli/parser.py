"""The command line: ``python -m specwhisper transcribe | compare | proofread | pairs | fetch | vocabulary |
doctor | check-gpu | benchmark | serve | app``.

Results go to standard output, everything else to standard error. Exit status: 0 done, 1 something
failed (what could be done is done), 2 wrong usage; each with one line that says what to do.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from specwhisper import __version__
from specwhisper.audio.limits import DEFAULT_MAX_SECONDS
from specwhisper.cli import commands as run
from specwhisper.cli.benchmark import add_parser as add_benchmark
from specwhisper.cli.inputs import folder
from specwhisper.cli.live import add_parser as add_live
from specwhisper.cli.proofread import add_parser as add_proofread
from specwhisper.cli.serve import add_parser as add_serve
from specwhisper.cli.turns import FAILED
from specwhisper.errors import OptionError, SpecWhisperError
from specwhisper.names import LONGEST, shown
from specwhisper.service.job import PRECISIONS
from specwhisper.terminal import complain

USAGE, INTERRUPTED = 2, 130
SERVING = ("serve", "app")  # need no standard output
# Equal to what the engine and the writers have, without importing them for --help.
DETAILS = ("none", "segment", "word")
FORMATS = ("txt", "srt", "vtt", "tsv", "json")


class OneLineParser(argparse.ArgumentParser):
    """An argument parser whose complaint is one line, not a page."""

    _given: Sequence[str] = ()

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        self._given = sys.argv[1:] if args is None else args
        return super().parse_known_args(args, namespace)

    def error(self, message: str) -> NoReturn:
        dashed = next((word for word in self._given if word[:1] == "-" and os.path.isfile(word)), None)  # noqa: PTH113
        if dashed:
            message = f"'{shown(dashed)}' begins with a dash, as options do: write './{shown(dashed)}'"
        message = re.sub(rf"\S{{{LONGEST},}}", lambda word: shown(word[0]), message)
        complain(f"{message} (see '{self.prog} --help')")
        raise SystemExit(USAGE)


def lookahead(value: str) -> int | str:
    """``auto`` or a number; the engine checks its range."""
    if value == "auto":
        return value
    try:
        return int(value)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{value!r} is neither 'auto' nor a number from 1 to 16") from None


def languages(value: str) -> str:
    """Languages with commas between them; the engine knows them."""
    if not value.strip(", "):
        raise argparse.ArgumentTypeError("it names no language: write some, such as en,nl, or leave it out")
    return value


def build_parser() -> argparse.ArgumentParser:
    parser = OneLineParser(
        prog="specwhisper",
        description="Exact Whisper transcripts, faster: a small draft proposes, the main model verifies.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    decoding = OneLineParser(add_help=False)
    decoding.add_argument(
        "--pair", help="MAIN+DRAFT or MAIN, e.g. small+tiny (default: the best for this device)"
    )
    decoding.add_argument("--language", help="code or English name (default: detect)")
    decoding.add_argument(
        "--languages",
        type=languages,
        default=(),
        metavar="A,B",
        help="where it is detected, choose from these: en,nl",
    )
    decoding.add_argument(
        "--task",
        choices=("transcribe", "translate"),
        default="transcribe",
        help="translate writes English (default: %(default)s)",
    )
    decoding.add_argument(
        "--precision",
        choices=PRECISIONS,
        default="auto",
        help="auto is fp16 on a CUDA card, else fp32; int8 is faster on a CPU (default: %(default)s)",
    )
    decoding.add_argument("--device", default="auto", help="auto, cpu or cuda (default: %(default)s)")
    decoding.add_argument(
        "--lookahead", type=lookahead, default="auto", metavar="auto|N", help="proposals per cycle (1-16)"
    )
    decoding.add_argument(
        "--max-seconds", type=float, default=DEFAULT_MAX_SECONDS, help="refuse recordings longer than this"
    )
    decoding.add_argument(
        "--audio-track",
        type=int,
        metavar="N",
        help="of several, from 1 (default: the first with speech)",
    )
    decoding.add_argument("--strict", action="store_true", help="refuse recordings that break off")

    decoding.add_argument(
        "--vad", action=argparse.BooleanOptionalAction, help="leave out what holds no speech"
    )

    recordings = OneLineParser(add_help=False)
    recordings.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="audio or video in any format FFmpeg knows, a folder, or - for standard input",
    )

    transcribe = commands.add_parser(
        "transcribe", parents=[recordings, decoding], help="write down what is said"
    )
    transcribe.add_argument("--no-speculative", action="store_true", help="decode with the main model alone")
    transcribe.add_argument(
        "--temperature",
        type=float,
        default=0.0,
        metavar="T",
        help="above 0 (to 2): draw, do not pick the best",
    )
    transcribe.add_argument("--seed", type=int, help="repeat the draws of an earlier run")
    transcribe.add_argument(
        "--beams", type=int, default=1, metavar="N", help="beam search with the main model alone (1-8)"
    )
    transcribe.add_argument(
        "--length-penalty",
        type=float,
        default=1.0,
        metavar="X",
        help="of beams: above 1 favours longer texts",
    )
    transcribe.add_argument(
        "--patience", type=float, default=1.0, metavar="X", help="of beams: above 1 searches longer"
    )
    transcribe.add_argument(
        "--batch-size", type=int, default=1, metavar="N", help="windows decoded together (1-64)"
    )
    transcribe.add_argument(
        "--windows",
        choices=("timestamps", "pauses"),
        default="timestamps",
        help="where a window ends; those cut at pauses can be decoded together within one recording "
        "(default: %(default)s)",
    )
    transcribe.add_argument(
        "--draft-text",
        metavar="FILE",
        help="captions or a text that exist already (txt, srt, vtt, tsv, json): they propose, so it goes "
        "faster; or a folder with one for each recording. The transcript is main's, whatever they say",
    )
    transcribe.add_argument(
        "--audio-context",
        choices=("full", "trimmed"),
        default="full",
        help="trimmed encodes no more than a short clip has: quicker, another text (default: %(default)s)",
    )
    _add_recording(transcribe)
    _add_output(transcribe)
    transcribe.set_defaults(run=run.run_transcribe, vad=True)

    compare = commands.add_parser(
        "compare",
        parents=[recordings, decoding],
        help="decode with main alone and with its draft, side by side",
    )
    compare.add_argument(
        "--timestamps",
        choices=DETAILS,
        help="(default: none for clips, segment for longer recordings)",
    )
    compare.add_argument("--json", action="store_true", help="everything measured, as JSON")
    compare.set_defaults(run=run.run_compare)

    add_proofread(commands, decoding)

    add_live(commands)

    pairs = commands.add_parser("pairs", help="list model pairs and whether they are ready here")
    pairs.add_argument("--json", action="store_true")
    pairs.set_defaults(run=run.run_pairs)

    fetch = commands.add_parser("fetch", help="download a pair's weights and verify them")
    fetch.add_argument("pairs", nargs="*", metavar="PAIR", help="default: the best pair for this device")
    fetch.set_defaults(run=run.run_fetch)

    vocabulary = commands.add_parser("vocabulary", help="what the token ids of two models have in common")
    vocabulary.add_argument("source", metavar="MODEL_A", help="a model, e.g. tiny")
    vocabulary.add_argument("target", metavar="MODEL_B", help="another, e.g. large-v3")
    vocabulary.add_argument(
        "--token", metavar="X", help="an id of MODEL_A, a special such as '<|nl|>', or text"
    )
    vocabulary.add_argument("--json", action="store_true")
    vocabulary.set_defaults(run=run.run_vocabulary)

    doctor = commands.add_parser(
        "doctor", help="what this machine is and does, measured anew: for bug reports and doubts"
    )
    doctor.add_argument("--pair", help="whose speed to measure (default: the best that is here)")
    doctor.add_argument("--json", action="store_true")
    doctor.set_defaults(run=run.run_doctor)

    card = commands.add_parser(
        "check-gpu", help="whether a pair runs on the CUDA card as it should; exit status 0 or 1"
    )
    card.add_argument("recording", nargs="?", metavar="FILE", help="what to decode (default: noise)")
    card.add_argument("--pair", help="default: the best for a card")
    card.set_defaults(run=run.run_check_gpu)

    add_benchmark(commands)

    add_serve(commands)

    app = commands.add_parser("app", help="serve the web app")
    app.add_argument("--host")
    app.add_argument("--port", type=int)
    app.add_argument("--pair")
    app.add_argument("--device", default="auto")
    app.set_defaults(run=run.run_app)
    return parser


def _add_recording(parser: argparse.ArgumentParser) -> None:
    """What matters for recordings longer than 30 seconds."""
    parser.add_argument(
        "--timestamps",
        choices=DETAILS,
        default="segment",
        help="times of what (default: %(default)s)",
    )
    parser.add_argument("--initial-prompt", metavar="TEXT", help="as if said before: names, spelling, style")
    parser.add_argument("--hotwords", metavar="TEXT", help="words to expect, all along")
    parser.add_argument(
        "--language-per-window", action="store_true", help="detect the language of every window anew"
    )
    parser.add_argument(
        "--condition-on-previous-text",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="each window goes on from the text before it (default)",
    )
    parser.add_argument(
        "--stop-loops",
        action="store_true",
        help="end a window where its text repeats itself: quicker, and there not the main model's text",
    )
    parser.add_argument(
        "--fallback",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="try again where a text repeats itself or is unsure (default)",
    )


def _add_output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--output-format",
        choices=(*FORMATS, "all"),
        default="txt",
        help="all needs --output-dir (default: %(default)s)",
    )
    parser.add_argument(
        "--output-dir", type=folder, help="write files there; recordings that are done there are skipped"
    )
    parser.add_argument("--overwrite", action="store_true", help="do finished files of --output-dir again")
    parser.add_argument("--max-line-width", type=int, metavar="N", help="characters per line of subtitles")
    parser.add_argument("--max-line-count", type=int, metavar="N", help="lines of subtitles at a time")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # what a terminal cannot show should not stop the work
            stream.reconfigure(errors="backslashreplace")
    arguments = build_parser().parse_args(argv)
    if sys.stdout is None:
        if arguments.command not in SERVING:
            complain("the standard output is closed: send the result somewhere, for instance with > FILE.")
            return FAILED
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115 - for as long as the process lives
    try:
        return int(arguments.run(arguments))
    except OptionError as error:
        complain(str(error))
        return USAGE
    except SpecWhisperError as error:
        complain(str(error))
        return FAILED
    except KeyboardInterrupt:
        complain("stopped." if arguments.command in SERVING else "stopped; finished files are kept.")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away (`| head`): not an error of ours, and nobody left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except OSError as error:
        complain(f"the output cannot be written ({error.strerror}): free some space or write elsewhere.")
        return FAILED
