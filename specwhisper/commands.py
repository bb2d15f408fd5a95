"""What each command does, once its arguments are read; each returns the exit status."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from specwhisper.errors import OptionError, OutputError, SpecWhisperError
from specwhisper.files import each_file, each_group, warn
from specwhisper.inputs import called, expand, sound_of
from specwhisper.names import spelled
from specwhisper.outputs import Outputs
from specwhisper.progress import OnProgress
from specwhisper.terminal import complain, note, progress_bar, stop_when_asked, write_line
from specwhisper.turns import DONE, FAILED, at_once

if TYPE_CHECKING:
    from specwhisper.audio.waveform import Waveform
    from specwhisper.results import Comparison, Transcript, Update
    from specwhisper.transcription.transcriber import Transcriber


def run_transcribe(arguments: argparse.Namespace) -> int:
    from specwhisper.decoding.strategy import Strategy, check_batch
    from specwhisper.output.cues import Layout
    from specwhisper.output.writers import WRITERS
    from specwhisper.transcription.recording import Recording

    strategy = Strategy(  # refused before a model is loaded
        arguments.temperature, arguments.seed, arguments.beams, arguments.length_penalty, arguments.patience
    )
    check_batch(arguments.batch_size, strategy)
    layout = Layout(arguments.max_line_width, arguments.max_line_count)
    form = arguments.output_format
    if form == "all" and not arguments.output_dir:
        raise OptionError("--output-format all writes several files: name a folder with --output-dir.")
    if arguments.batch_size > 1:
        if arguments.timestamps == "word":
            raise OptionError("Word times need one recording at a time: leave --batch-size at 1.")
        if arguments.initial_prompt or arguments.hotwords:
            raise OptionError("A prompt and hotwords need one recording at a time: leave --batch-size at 1.")
    recording = {
        "timestamps": arguments.timestamps,
        "vad": arguments.vad,
    }
    Recording(**recording, initial_prompt=arguments.initial_prompt, hotwords=arguments.hotwords)
    arguments.files, left_out = expand(arguments.files)
    forms = tuple(WRITERS) if form == "all" else (form,)
    outputs = Outputs(arguments, forms, layout) if arguments.output_dir else None
    if outputs:
        arguments.files = outputs.unfinished(arguments.files)
        if not arguments.files:
            return FAILED if left_out else DONE
    live = outputs is None and form == "txt" and arguments.timestamps != "none" and arguments.batch_size == 1
    options = {
        "language": arguments.language,
        "languages": arguments.languages,
        "task": arguments.task,
        "speculative": not arguments.no_speculative,
        "lookahead": arguments.lookahead,
        **recording,
    }

    def work(transcriber: Transcriber, file: str, on_progress: OnProgress) -> Transcript:
        if live and len(arguments.files) > 1:
            write_line(f"# {called(file)}")
        journal = outputs.journal(file) if outputs and arguments.timestamps != "none" else None
        with stop_when_asked() as stop:

            def on_update(update: Update) -> None:
                stop.check()
                for segment in update.segments if live else ():
                    write_line(segment.text.strip())

            transcript = transcriber.transcribe(
                sound_of(file),
                **options,
                **asdict(strategy),
                condition_on_previous_text=arguments.condition_on_previous_text,
                initial_prompt=arguments.initial_prompt,
                hotwords=arguments.hotwords,
                fallback=arguments.fallback,
                language_per_window=arguments.language_per_window,
                journal=journal,
                max_seconds=arguments.max_seconds,
                audio_track=arguments.audio_track,
                strict=arguments.strict,
                on_progress=on_progress,
                on_update=None if arguments.timestamps == "none" else on_update,
            )
        if stop.asked:
            try:
                if outputs:
                    outputs.write(file, transcript, partial=True)
                else:
                    done(file, transcript)
            except OutputError as error:
                complain(f"{called(file)}: {error}")
            warn(transcript)
            raise KeyboardInterrupt
        return transcript

    def together(
        transcriber: Transcriber, recordings: list[Waveform], on_progress: OnProgress
    ) -> list[Transcript]:
        return transcriber.transcribe_batch(
            recordings, **options, batch_size=arguments.batch_size, on_progress=on_progress
        )

    def done(file: str, transcript: Transcript) -> None:
        if outputs:
            outputs.write(file, transcript)
        elif form == "json":
            printed.append({"file": spelled(file), **transcript.to_dict()})
        elif not live:
            heading = f"# {called(file)}\n" if len(arguments.files) > 1 else ""
            print(heading + WRITERS[form](transcript, layout), end="", flush=True)

    begin = outputs.begin if outputs else at_once
    with printed_json(arguments, form == "json" and not outputs) as printed, outputs or nullcontext():

        def failed(file: str, error: str) -> None:
            printed.append({"file": spelled(file), "error": error})
            if outputs:
                outputs.give_up(file)

        if arguments.batch_size > 1:
            status = each_group(arguments, together, done, failed, begin)
        else:
            status = each_file(arguments, work, done, failed, begin)
    return FAILED if left_out else status


def run_compare(arguments: argparse.Namespace) -> int:
    from specwhisper.output.describe import describe, summarise

    finished: list[Comparison] = []
    arguments.files, left_out = expand(arguments.files)

    def work(transcriber: Transcriber, file: str, on_progress: OnProgress) -> Comparison:
        return transcriber.compare(
            sound_of(file),
            max_seconds=arguments.max_seconds,
            audio_track=arguments.audio_track,
            strict=arguments.strict,
            language=arguments.language,
            languages=arguments.languages,
            task=arguments.task,
            lookahead=arguments.lookahead,
            timestamps=arguments.timestamps,
            vad=arguments.vad,
            on_progress=on_progress,
        )

    def done(file: str, comparison: Comparison) -> None:
        if arguments.json:
            printed.append({"file": spelled(file), **comparison.to_dict()})
        else:
            finished.append(comparison)
            print(describe(called(file), comparison), flush=True)

    with printed_json(arguments, arguments.json) as printed:
        status = each_file(
            arguments, work, done, lambda file, error: printed.append({"file": spelled(file), "error": error})
        )
    if len(finished) > 1:
        print(summarise(finished))
    return FAILED if left_out else status


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
                note(f"{model}: ready ({weights.source})")
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


def run_doctor(arguments: argparse.Namespace) -> int:
    from specwhisper.doctor.describe import describe
    from specwhisper.doctor.examine import examine
    from specwhisper.output.writers import to_json

    with progress_bar("doctor") as on_progress:
        findings = examine(arguments.pair, on_progress)
    print(to_json(findings.to_dict()) if arguments.json else describe(findings), end="")
    return DONE


def run_app(arguments: argparse.Namespace) -> int:
    from specwhisper.server.app import beside
    from specwhisper.ui.serve import serve

    serve(
        host=arguments.host, port=arguments.port, pair=arguments.pair, device=arguments.device, beside=beside
    )
    return DONE
