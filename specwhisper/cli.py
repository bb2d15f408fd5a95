"""The command line: ``python -m specwhisper transcribe | compare | pairs | fetch | vocabulary | app``.

Results go to standard output, everything else to standard error. Exit status: 0 done, 1 something
failed (what could be done is done), 2 wrong usage; each with one line that says what to do.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from specwhisper.audio.limits import DEFAULT_MAX_SECONDS
from specwhisper.errors import OptionError, SpecWhisperError
from specwhisper.evaluation.command import add_parser as add_benchmark
from specwhisper.files import DONE, FAILED, each_file, each_group, output_files
from specwhisper.terminal import complain, progress_bar, shown

if TYPE_CHECKING:
    from specwhisper.audio.waveform import Waveform
    from specwhisper.results import Comparison, Transcript
    from specwhisper.transcription.transcriber import OnProgress, Transcriber

USAGE, INTERRUPTED = 2, 130


class OneLineParser(argparse.ArgumentParser):
    """An argument parser whose complaint is one line, not a page."""

    def error(self, message: str) -> NoReturn:
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


def build_parser() -> argparse.ArgumentParser:
    parser = OneLineParser(
        prog="specwhisper",
        description="Exact Whisper transcripts, faster: a small draft proposes, the main model verifies.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    decoding = OneLineParser(add_help=False)
    decoding.add_argument(
        "files", nargs="+", metavar="FILE", help="audio or video in any format FFmpeg knows"
    )
    decoding.add_argument(
        "--pair", help="MAIN+DRAFT or MAIN, e.g. small+tiny (default: the best for this device)"
    )
    decoding.add_argument("--language", help="code or English name (default: detect)")
    decoding.add_argument("--task", choices=("transcribe", "translate"), default="transcribe")
    decoding.add_argument("--precision", choices=("auto", "fp32", "fp16", "int8"), default="auto")
    decoding.add_argument("--device", default="auto", help="auto, cpu or cuda (default: %(default)s)")
    decoding.add_argument(
        "--lookahead", type=lookahead, default="auto", metavar="auto|N", help="proposals per cycle (1-16)"
    )
    decoding.add_argument(
        "--max-seconds", type=float, default=DEFAULT_MAX_SECONDS, help="refuse recordings longer than this"
    )

    transcribe = commands.add_parser("transcribe", parents=[decoding], help="write down what is said")
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
        "--batch-size", type=int, default=1, metavar="N", help="windows decoded at a time (1-64)"
    )
    transcribe.add_argument("--output-format", choices=("txt", "json"), default="txt")
    transcribe.add_argument("--output-dir", type=Path, help="write one file per input there")
    transcribe.set_defaults(run=run_transcribe)

    compare = commands.add_parser(
        "compare", parents=[decoding], help="decode with main alone and with its draft, side by side"
    )
    compare.add_argument("--json", action="store_true", help="everything measured, as JSON")
    compare.set_defaults(run=run_compare)

    pairs = commands.add_parser("pairs", help="list model pairs and whether they are ready here")
    pairs.add_argument("--json", action="store_true")
    pairs.set_defaults(run=run_pairs)

    fetch = commands.add_parser("fetch", help="download a pair's weights and verify them")
    fetch.add_argument("pairs", nargs="*", metavar="PAIR", help="default: the best pair for this device")
    fetch.set_defaults(run=run_fetch)

    vocabulary = commands.add_parser("vocabulary", help="what the token ids of two models have in common")
    vocabulary.add_argument("source", metavar="MODEL_A", help="a model, e.g. tiny")
    vocabulary.add_argument("target", metavar="MODEL_B", help="another, e.g. large-v3")
    vocabulary.add_argument(
        "--token", metavar="X", help="an id of MODEL_A, a special such as '<|nl|>', or text"
    )
    vocabulary.add_argument("--json", action="store_true")
    vocabulary.set_defaults(run=run_vocabulary)

    add_benchmark(commands)

    app = commands.add_parser("app", help="serve the web app")
    app.add_argument("--host")
    app.add_argument("--port", type=int)
    app.add_argument("--pair")
    app.add_argument("--device", default="auto")
    app.set_defaults(run=run_app)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    arguments = build_parser().parse_args(argv)
    try:
        return int(arguments.run(arguments))
    except OptionError as error:
        complain(str(error))
        return USAGE
    except SpecWhisperError as error:
        complain(str(error))
        return FAILED
    except KeyboardInterrupt:
        complain("stopped; finished files are kept.")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away (`| head`): not an error of ours, and nobody left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except OSError as error:
        complain(f"the output cannot be written ({error.strerror}): free some space or write elsewhere.")
        return FAILED


def run_transcribe(arguments: argparse.Namespace) -> int:
    from specwhisper.decoding.strategy import Strategy, check_batch
    from specwhisper.output.writers import WRITERS, write_file

    strategy = Strategy(  # refused before a model is loaded
        arguments.temperature, arguments.seed, arguments.beams, arguments.length_penalty, arguments.patience
    )
    check_batch(arguments.batch_size, strategy)
    form = arguments.output_format
    targets = output_files(arguments.files, arguments.output_dir, form) if arguments.output_dir else {}
    options = {
        "language": arguments.language,
        "task": arguments.task,
        "speculative": not arguments.no_speculative,
        "lookahead": arguments.lookahead,
    }

    def work(transcriber: Transcriber, file: str, on_progress: OnProgress) -> Transcript:
        return transcriber.transcribe(
            file,
            **options,
            **asdict(strategy),
            max_seconds=arguments.max_seconds,
            on_progress=on_progress,
        )

    def together(
        transcriber: Transcriber, recordings: list[Waveform], on_progress: OnProgress
    ) -> list[Transcript]:
        return transcriber.transcribe_batch(
            recordings, **options, batch_size=arguments.batch_size, on_progress=on_progress
        )

    def done(file: str, transcript: Transcript) -> None:
        if arguments.output_dir:
            write_file(targets[file], WRITERS[form](transcript))
            print(f"{shown(file)} -> {targets[file]}", file=sys.stderr)
        elif form == "json":
            printed.append({"file": file, **transcript.to_dict()})
        else:
            heading = f"# {shown(file)}\n" if len(arguments.files) > 1 else ""
            print(heading + WRITERS[form](transcript), end="", flush=True)

    with printed_json(arguments, form == "json" and not arguments.output_dir) as printed:

        def failed(file: str, error: str) -> None:
            printed.append({"file": file, "error": error})

        if arguments.batch_size > 1:
            return each_group(arguments, together, done, failed)
        return each_file(arguments, work, done, failed)


def run_compare(arguments: argparse.Namespace) -> int:
    from specwhisper.output.describe import describe, summarise

    finished: list[Comparison] = []

    def work(transcriber: Transcriber, file: str, on_progress: OnProgress) -> Comparison:
        return transcriber.compare(
            file,
            max_seconds=arguments.max_seconds,
            language=arguments.language,
            task=arguments.task,
            lookahead=arguments.lookahead,
            on_progress=on_progress,
        )

    def done(file: str, comparison: Comparison) -> None:
        if arguments.json:
            printed.append({"file": file, **comparison.to_dict()})
        else:
            finished.append(comparison)
            print(describe(shown(file), comparison), flush=True)

    with printed_json(arguments, arguments.json) as printed:
        status = each_file(
            arguments, work, done, lambda file, error: printed.append({"file": file, "error": error})
        )
    if len(finished) > 1:
        print(summarise(finished))
    return status


@contextmanager
def printed_json(arguments: argparse.Namespace, wanted: bool) -> Iterator[list[dict[str, Any]]]:
    """Collect one entry per file and print them as one document, if wanted; after Ctrl-C those there are."""
    from specwhisper.output.writers import to_json

    printed: list[dict[str, Any]] = []
    several = len(arguments.files) > 1
    try:
        yield printed
    except KeyboardInterrupt:
        if wanted and (several or printed):
            print(to_json(printed if several else printed[0]), end="", flush=True)
        raise
    if wanted:
        print(to_json(printed if several else printed[0]), end="")


def run_pairs(arguments: argparse.Namespace) -> int:
    from specwhisper.models.pairs import pair_states
    from specwhisper.output.writers import to_json

    states = pair_states()
    if arguments.json:
        print(to_json([asdict(state) for state in states]), end="")
        return DONE
    width = max(len(state.name) for state in states)
    for state in states:
        print(f"{state.name:{width}}  {state.state:14}  {state.kind}; {state.detail}")
    return DONE


def run_fetch(arguments: argparse.Namespace) -> int:
    from specwhisper.models.device import resolve_device
    from specwhisper.models.pairs import default_pair, parse_pair
    from specwhisper.models.weights import load_weights

    names = arguments.pairs or [default_pair(resolve_device("auto").type)]
    wanted = [parse_pair(name) for name in names]
    status = DONE
    for pair in wanted:
        try:
            for model in filter(None, (pair.main, pair.draft)):
                with progress_bar(model) as on_progress:
                    weights = load_weights(model, on_progress=on_progress)
                print(f"{model}: ready ({weights.source})", file=sys.stderr)
        except SpecWhisperError as error:
            complain(f"{pair.name}: {error}")
            status = FAILED
    return status


def run_vocabulary(arguments: argparse.Namespace) -> int:
    from specwhisper.models.codecs import find_codec, vocabulary_of
    from specwhisper.output.vocabulary import as_dict, describe
    from specwhisper.output.writers import to_json
    from specwhisper.vocabulary.inspect import overview
    from specwhisper.vocabulary.lookup import look_up

    source, target = vocabulary_of(arguments.source), vocabulary_of(arguments.target)
    seen = overview(source, target)
    found = None if arguments.token is None else look_up(arguments.token, source, target, find_codec)
    print(to_json(as_dict(seen, found)) if arguments.json else describe(seen, found), end="")
    return DONE


def run_app(arguments: argparse.Namespace) -> int:
    from specwhisper.ui.serve import serve

    serve(host=arguments.host, port=arguments.port, pair=arguments.pair, device=arguments.device)
    return DONE
