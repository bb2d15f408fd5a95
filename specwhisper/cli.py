"""The command line: ``python -m specwhisper transcribe | compare | pairs | fetch | app``.

Results go to standard output, everything else to standard error. Exit status: 0 done, 1 something
failed (what could be done is done), 2 wrong usage; each with one line that says what to do.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from specwhisper.audio.limits import DEFAULT_MAX_SECONDS
from specwhisper.errors import OptionError, SpecWhisperError

if TYPE_CHECKING:
    from specwhisper.results import Comparison, Transcript
    from specwhisper.transcription.transcriber import OnProgress, Transcriber

DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130


class OneLineParser(argparse.ArgumentParser):
    """An argument parser whose complaint is one line, not a page."""

    def error(self, message: str) -> NoReturn:
        complain(f"{message} (see '{self.prog} --help')")
        raise SystemExit(USAGE)


def complain(message: str) -> None:
    print(f"specwhisper: {message}", file=sys.stderr)


def lookahead(value: str) -> int | str:
    """``auto`` or a number; the engine checks its range."""
    return value if value == "auto" else int(value)


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
    decoding.add_argument("--precision", choices=("auto", "fp32", "fp16"), default="auto")
    decoding.add_argument("--device", default="auto", help="auto, cpu or cuda (default: %(default)s)")
    decoding.add_argument(
        "--lookahead", type=lookahead, default="auto", metavar="auto|N", help="proposals per cycle (1-16)"
    )
    decoding.add_argument(
        "--max-seconds", type=float, default=DEFAULT_MAX_SECONDS, help="refuse recordings longer than this"
    )

    transcribe = commands.add_parser("transcribe", parents=[decoding], help="write down what is said")
    transcribe.add_argument("--no-speculative", action="store_true", help="decode with the main model alone")
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


def run_transcribe(arguments: argparse.Namespace) -> int:
    from specwhisper.output.writers import WRITERS, to_json, write_file

    form = arguments.output_format
    targets = _targets(arguments.files, arguments.output_dir, form)
    printed: list[dict[str, Any]] = []

    def work(transcriber: Transcriber, file: str, on_progress: OnProgress) -> Transcript:
        return transcriber.transcribe(
            file,
            max_seconds=arguments.max_seconds,
            language=arguments.language,
            task=arguments.task,
            speculative=not arguments.no_speculative,
            lookahead=arguments.lookahead,
            on_progress=on_progress,
        )

    def done(file: str, transcript: Transcript) -> None:
        if arguments.output_dir:
            write_file(targets[file], WRITERS[form](transcript))
            print(f"{file} -> {targets[file]}", file=sys.stderr)
        elif form == "json":
            printed.append({"file": file, **transcript.to_dict()})
        else:
            heading = f"# {file}\n" if len(arguments.files) > 1 else ""
            print(heading + WRITERS[form](transcript), end="", flush=True)

    status = _each_file(
        arguments, work, done, lambda file, error: printed.append({"file": file, "error": error})
    )
    if form == "json" and not arguments.output_dir:
        print(to_json(printed[0] if len(arguments.files) == 1 else printed), end="")
    return status


def run_compare(arguments: argparse.Namespace) -> int:
    from specwhisper.output.describe import describe, summarise
    from specwhisper.output.writers import to_json

    printed: list[dict[str, Any]] = []
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
            print(describe(file, comparison), flush=True)

    status = _each_file(
        arguments, work, done, lambda file, error: printed.append({"file": file, "error": error})
    )
    if len(finished) > 1:
        print(summarise(finished))
    if arguments.json:
        print(to_json(printed[0] if len(arguments.files) == 1 else printed), end="")
    return status


def run_pairs(arguments: argparse.Namespace) -> int:
    from dataclasses import asdict

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


def run_app(arguments: argparse.Namespace) -> int:
    from specwhisper.ui.serve import serve

    serve(host=arguments.host, port=arguments.port, pair=arguments.pair, device=arguments.device)
    return DONE


def _each_file(
    arguments: argparse.Namespace,
    work: Callable[[Transcriber, str, OnProgress], Any],
    done: Callable[[str, Any], None],
    failed: Callable[[str, str], None],
) -> int:
    """Load the pair once and do every file; a bad one is named and the rest go on."""
    from specwhisper.transcription.loading import load

    # Wrong options and missing files should not wait for a model to load.
    _check_options(arguments)
    with progress_bar("loading") as on_progress:
        transcriber = load(arguments.pair, arguments.device, arguments.precision, on_progress=on_progress)
    status = DONE
    for file in arguments.files:
        try:
            with progress_bar(Path(file).name) as on_progress:
                result = work(transcriber, file, on_progress)
            done(file, result)
        except OptionError:
            raise
        except (SpecWhisperError, OSError) as error:
            complain(f"{file}: {error}")
            failed(file, str(error))
            status = FAILED
    return status


def _check_options(arguments: argparse.Namespace) -> None:
    from specwhisper.decoding.lookahead import lookahead_from
    from specwhisper.vocabulary.languages import language_code

    lookahead_from(arguments.lookahead)
    if arguments.language:
        language_code(arguments.language)


def _targets(files: Sequence[str], folder: Path | None, suffix: str) -> dict[str, Path]:
    """Output names: ``talk.txt``, or ``talk.mp3.txt`` where two inputs would share a name."""
    if folder is None:
        return {}
    stems = [Path(file).stem for file in files]
    return {
        file: folder / f"{stem if stems.count(stem) == 1 else Path(file).name}.{suffix}"
        for file, stem in zip(files, stems, strict=True)
    }


@contextmanager
def progress_bar(title: str) -> Iterator[OnProgress]:
    """A bar on standard error that appears only on a terminal and only while something takes time."""
    from tqdm import tqdm

    with tqdm(
        total=1.0,
        desc=title,
        leave=False,
        disable=None,
        delay=0.3,
        bar_format="{desc}: {percentage:3.0f}% |{bar}|",
    ) as bar:

        def on_progress(fraction: float, message: str) -> None:
            bar.set_description_str(f"{title}: {message}", refresh=False)
            bar.n = min(max(fraction, 0.0), 1.0)
            bar.refresh()

        yield on_progress
