"""What each command does, once its arguments are read; each returns the exit status."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from specwhisper.errors import SpecWhisperError
from specwhisper.files import DONE, FAILED, each_file, each_group, output_files
from specwhisper.terminal import complain, progress_bar, shown

if TYPE_CHECKING:
    from specwhisper.audio.waveform import Waveform
    from specwhisper.results import Comparison, Transcript
    from specwhisper.transcription.transcriber import OnProgress, Transcriber


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
