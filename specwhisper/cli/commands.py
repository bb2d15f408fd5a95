"""What each command does, once its arguments are read; each returns the exit status."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from specwhisper.cli.draft_texts import draft_texts
from specwhisper.cli.files import each_file
from specwhisper.cli.inputs import called, expand, sound_of
from specwhisper.cli.outputs import Outputs
from specwhisper.cli.requests import Request
from specwhisper.cli.turns import DONE, FAILED, at_once
from specwhisper.errors import OptionError, SpecWhisperError
from specwhisper.names import spelled
from specwhisper.progress import OnProgress
from specwhisper.terminal import Stop, complain, note, progress_bar, write_line

if TYPE_CHECKING:
    from specwhisper.results import Comparison, Transcript, Update
    from specwhisper.transcription.transcriber import Transcriber


OPTIONS = (
    "language",
    "languages",
    "language_per_window",
    "task",
    "audio_context",
    "lookahead",
    "temperature",
    "seed",
    "beams",
    "length_penalty",
    "patience",
    "timestamps",
    "windows",
    "vad",
    "condition_on_previous_text",
    "initial_prompt",
    "hotwords",
    "stop_loops",
    "fallback",
)
"""Those of the engine that have the same name on the command line."""


@dataclass(frozen=True, slots=True)
class Written:
    """A transcript, or the beginning of one whose making was stopped."""

    transcript: Transcript
    stopped: bool

    @property
    def warnings(self) -> tuple[str, ...]:
        return self.transcript.warnings


def run_transcribe(arguments: argparse.Namespace) -> int:
    from specwhisper.output.cues import Layout
    from specwhisper.output.writers import WITHOUT_LINES, WRITERS
    from specwhisper.transcription.calls import check_proposals
    from specwhisper.transcription.options import Options, check_batch

    options = Options(  # refused before a model is loaded
        speculative=not arguments.no_speculative,
        **{name: getattr(arguments, name) for name in OPTIONS},
    )
    check_batch(arguments.batch_size)
    if arguments.draft_text is not None:
        check_proposals(options)
    layout = Layout(arguments.max_line_width, arguments.max_line_count)
    form = arguments.output_format
    if form == "all" and not arguments.output_dir:
        raise OptionError("--output-format all writes several files: name a folder with --output-dir.")
    if arguments.overwrite and not arguments.output_dir:
        raise OptionError("--overwrite does finished files again: name their folder with --output-dir.")
    if form in WITHOUT_LINES and layout != Layout():
        raise OptionError(
            f"--max-line-width and --max-line-count are of subtitles, and {form} has none: choose "
            "--output-format srt, vtt or tsv."
        )
    if form == "txt" and options.timestamps == "word":
        note("txt has no times, so those of the words are not written: choose --output-format json or vtt.")
    files, left_out = expand(arguments.files)
    outputs = None
    if arguments.output_dir:
        forms = tuple(WRITERS) if form == "all" else (form,)
        outputs = Outputs(arguments.output_dir, files, forms, layout, overwrite=arguments.overwrite)
        files = outputs.unfinished(files)
        if not files:
            return FAILED if left_out else DONE
    texts = draft_texts(arguments.draft_text, files)
    request = Request.of(arguments).for_files(files)
    batch_size, several = arguments.batch_size, len(files) > 1
    together = min(batch_size, len(files))
    live = outputs is None and form == "txt" and options.timed and together == 1

    def work(transcriber: Transcriber, file: str, on_progress: OnProgress, stop: Stop) -> Written:
        if live and several:
            write_line(f"# {called(file)}")
        kept = outputs and options.timed and options.windows == "timestamps"
        stopped = False

        def on_update(update: Update) -> None:
            nonlocal stopped
            stopped = stop.asked
            stop.check()
            for segment in update.segments if live else ():
                write_line(segment.text.strip())

        transcript = transcriber.transcribe(
            sound_of(file),
            **{each.name: getattr(options, each.name) for each in fields(options)},
            journal=outputs.journal(file) if outputs and kept else None,
            **asdict(request.reading),
            batch_size=batch_size,
            draft_text=texts.get(file),
            on_progress=on_progress if options.timed else stop.during(on_progress),
            on_update=on_update if options.timed else None,
        )
        return Written(transcript, stopped)

    def done(file: str, written: Written) -> None:
        transcript = written.transcript
        if outputs:
            outputs.write(file, transcript, partial=written.stopped)
        elif form == "json":
            printed.append({"file": spelled(file), **transcript.to_dict()})
        elif not live:  # live text was printed as it came
            heading = f"# {called(file)}\n" if several else ""
            print(heading + WRITERS[form](transcript, layout), end="", flush=True)

    begin = outputs.begin if outputs else at_once
    with printed_json(several, form == "json" and not outputs) as printed, outputs or nullcontext():

        def failed(file: str, error: str) -> None:
            printed.append({"file": spelled(file), "error": error})
            if outputs:
                outputs.give_up(file)

        status = each_file(request, work, done, failed, begin, together)
    return FAILED if left_out else status


def run_compare(arguments: argparse.Namespace) -> int:
    from specwhisper.output.describe import describe, summarise

    finished: list[Comparison] = []
    files, left_out = expand(arguments.files)
    request = Request.of(arguments).for_files(files)
    task, timestamps, vad, as_json = arguments.task, arguments.timestamps, arguments.vad, arguments.json

    def work(transcriber: Transcriber, file: str, on_progress: OnProgress, stop: Stop) -> Comparison:
        return transcriber.compare(
            sound_of(file),
            **asdict(request.reading),
            language=request.language,
            languages=request.languages,
            task=task,
            lookahead=request.lookahead,
            timestamps=timestamps,
            vad=vad,
            on_progress=stop.during(on_progress),
        )

    def done(file: str, comparison: Comparison) -> None:
        if as_json:
            printed.append({"file": spelled(file), **comparison.to_dict()})
        else:
            finished.append(comparison)
            print(describe(called(file), comparison), flush=True)

    with printed_json(len(files) > 1, as_json) as printed:
        status = each_file(
            request, work, done, lambda file, error: printed.append({"file": spelled(file), "error": error})
        )
    if len(finished) > 1:
        print(summarise(finished))
    return FAILED if left_out else status


@contextmanager
def printed_json(several: bool, wanted: bool) -> Iterator[list[dict[str, Any]]]:
    """Collect one entry per file and print them as one document, if wanted; after Ctrl-C those there are."""
    from specwhisper.output.writers import to_json

    printed: list[dict[str, Any]] = []
    try:
        yield printed
    except KeyboardInterrupt:
        if wanted and (several or printed):
            print(to_json(printed if several else printed[0]), end="", flush=True)
        raise
    if wanted:
        print(to_json(printed if several else printed[0]), end="")


def run_pairs(arguments: argparse.Namespace) -> int:
    from specwhisper.output.writers import to_json
    from specwhisper.weights.pairs import pair_states

    states = pair_states()
    if arguments.json:
        print(to_json([asdict(state) for state in states]), end="")
        return DONE
    width = max(len(state.name) for state in states)
    for state in states:
        print(f"{state.name:{width}}  {state.state:14}  {state.kind}; {state.detail}")
    return DONE


def run_fetch(arguments: argparse.Namespace) -> int:
    from specwhisper.network.device import resolve_device
    from specwhisper.weights.pairs import default_pair, parse_pair
    from specwhisper.weights.weights import load_weights

    names = arguments.pairs or [default_pair(resolve_device("auto").type)]
    wanted = [parse_pair(name) for name in names]
    status = DONE
    for pair in wanted:
        try:
            for model in filter(None, (pair.main, pair.draft)):
                with progress_bar(model, once=True) as on_progress:
                    weights = load_weights(model, on_progress=on_progress)
                note(f"{model}: ready ({weights.source})")
        except SpecWhisperError as error:
            complain(f"{pair.name}: {error}")
            status = FAILED
    return status


def run_vocabulary(arguments: argparse.Namespace) -> int:
    from specwhisper.output.vocabulary import as_dict, describe
    from specwhisper.output.writers import to_json
    from specwhisper.vocabulary.inspect import overview
    from specwhisper.vocabulary.lookup import look_up
    from specwhisper.weights.codecs import find_codec, vocabulary_of

    source, target = vocabulary_of(arguments.source), vocabulary_of(arguments.target)
    seen = overview(source, target)
    found = None if arguments.token is None else look_up(arguments.token, source, target, find_codec)
    print(to_json(as_dict(seen, found)) if arguments.json else describe(seen, found), end="")
    return DONE


def run_doctor(arguments: argparse.Namespace) -> int:
    from specwhisper.doctor.describe import describe
    from specwhisper.doctor.examine import examine
    from specwhisper.output.writers import to_json

    with progress_bar("doctor", once=True) as on_progress:
        findings = examine(arguments.pair, on_progress)
    print(to_json(findings.to_dict()) if arguments.json else describe(findings), end="")
    return DONE


def run_check_gpu(arguments: argparse.Namespace) -> int:
    from specwhisper.doctor.check_gpu import check_gpu

    with progress_bar("check-gpu", once=True) as on_progress:
        found = check_gpu(arguments.pair, arguments.recording, on_progress)
    print("\n".join(found.lines()))
    return DONE if found.good else FAILED


def run_app(arguments: argparse.Namespace) -> int:
    from specwhisper.web.environment import chosen_port

    port = chosen_port(arguments.port)
    from specwhisper.server.app import beside
    from specwhisper.ui.serve import serve

    serve(host=arguments.host, port=port, pair=arguments.pair, device=arguments.device, beside=beside)
    return DONE
