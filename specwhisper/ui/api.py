"""The public endpoints for ``gradio_client``: simple parameters, plain results, stable names.

They have components of their own, which are never drawn: the page's events can change freely, and
uploads still pass through Gradio's check that a path was really uploaded.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from typing import Any

import gradio as gr

from specwhisper.captions.read import parse_captions
from specwhisper.output.figures import acceptance_heatmap, timing_bars, tokens_over_time
from specwhisper.output.summary import metrics, real_time_factor
from specwhisper.output.vocabulary import as_dict
from specwhisper.progress import OnProgress
from specwhisper.results import Transcript
from specwhisper.service.answer import explain
from specwhisper.service.backend import pair_as_dict
from specwhisper.service.benchmark import parse_benchmark
from specwhisper.service.engine import AT_ONCE, QUEUE, Engine
from specwhisper.service.job import DETECT, parse_job
from specwhisper.ui.downloads import Downloads
from specwhisper.ui.zero import on_gpu
from specwhisper.vocabulary.inspect import overview
from specwhisper.vocabulary.lookup import look_up
from specwhisper.weights.codecs import vocabulary_of


def create_api(engine: Engine, downloads: Downloads) -> None:
    """Register ``/compare``, ``/transcribe``, ``/proofread``, ``/benchmark``, ``/pairs``, ``/vocabulary``."""

    def compare(
        audio: str,
        pair: str,
        language: str,
        task: str,
        precision: str,
        lookahead: str,
        progress: gr.Progress = gr.Progress(),  # noqa: B008
    ) -> tuple[Any, ...]:
        """Decode with main alone and with its draft; texts, metrics, three figures, files."""

        def work() -> tuple[Any, ...]:
            job = parse_job(audio, pair, language, task, precision, lookahead)
            comparison = engine.compare(job, _reporter(progress))
            return (
                comparison.baseline.text,
                comparison.speculative.text,
                metrics(comparison),
                acceptance_heatmap(comparison),
                timing_bars(comparison),
                tokens_over_time(comparison),
                [*map(str, downloads.comparison(comparison, job.name))],
            )

        return _answer(work)

    def transcribe(
        audio: str,
        pair: str,
        language: str,
        task: str,
        progress: gr.Progress = gr.Progress(),  # noqa: B008
    ) -> tuple[Any, ...]:
        """Write down what is said; the text, and segments with times, language and statistics."""

        def work() -> tuple[Any, ...]:
            transcript = engine.transcribe(parse_job(audio, pair, language, task), _reporter(progress))
            return transcript.text, details(transcript)

        return _answer(work)

    def proofread(
        audio: str,
        captions: str,
        pair: str,
        language: str,
        progress: gr.Progress = gr.Progress(),  # noqa: B008
    ) -> tuple[Any, ...]:
        """Check captions (the content of a txt, srt, vtt, tsv or json file) against a recording; the verdict,
        every difference with times and probabilities, and the corrected file.
        """

        def work() -> tuple[Any, ...]:
            job = parse_job(audio, pair, language)
            read = parse_captions(captions)
            found = engine.proofread(job, read, _reporter(progress))
            return found.verdict, found.to_dict(), str(downloads.proofread(found, f"captions.{read.form}")[0])

        return _answer(work)

    def benchmark(
        files: list[str],
        pairs: str,
        references: str,
        language: str,
        precision: str,
        rounds: float,
        progress: gr.Progress = gr.Progress(),  # noqa: B008
    ) -> tuple[Any, ...]:
        """Main alone and with its draft on a few clips; the report as Markdown, its figures' data, files."""

        def work() -> tuple[Any, ...]:
            job = parse_benchmark(pairs, files, references, language, precision, rounds)
            report = engine.benchmark(job, _reporter(progress), Event())
            return report.text, dict(report.data), [str(file) for file in downloads.report(report)]

        return _answer(work)

    def pairs() -> list[dict[str, Any]]:
        """The model pairs and whether they are ready here."""
        return _answer(lambda: [pair_as_dict(state) for state in engine.pairs()])

    def vocabulary(source: str, target: str, token: str) -> dict[str, Any]:
        """What the ids of one vocabulary are worth in another; optionally a token or text in both."""

        def work() -> dict[str, Any]:
            first, second = vocabulary_of(source), vocabulary_of(target)
            found = look_up(token, first, second, engine.codec) if token.strip() else None
            return as_dict(overview(first, second), found)

        return _answer(work)

    audio = gr.Audio(type="filepath", label="audio", visible=False)
    pair = gr.Textbox(engine.default_pair, label="pair", visible=False)
    language = gr.Textbox(DETECT, label="language", visible=False)
    task = gr.Textbox("transcribe", label="task", visible=False)
    precision = gr.Textbox("auto", label="precision", visible=False)
    lookahead = gr.Textbox("auto", label="lookahead", visible=False)

    _endpoint(
        compare,
        [audio, pair, language, task, precision, lookahead],
        [
            gr.Textbox(label="baseline", visible=False),
            gr.Textbox(label="speculative", visible=False),
            gr.JSON(label="metrics", visible=False),
            gr.Plot(label="heatmap", visible=False),
            gr.Plot(label="timing", visible=False),
            gr.Plot(label="tokens over time", visible=False),
            gr.File(label="files", file_count="multiple", visible=False),
        ],
    )
    _endpoint(
        transcribe,
        [audio, pair, language, task],
        [gr.Textbox(label="text", visible=False), gr.JSON(label="details", visible=False)],
    )
    _endpoint(
        proofread,
        [audio, gr.Textbox("", label="captions", visible=False), pair, language],
        [
            gr.Textbox(label="verdict", visible=False),
            gr.JSON(label="found", visible=False),
            gr.File(label="corrected", visible=False),
        ],
    )
    _endpoint(
        benchmark,
        [
            gr.File(type="filepath", file_count="multiple", label="files", visible=False),
            gr.Textbox(engine.default_pair, label="pairs", visible=False),
            gr.Textbox("", label="references", visible=False),
            gr.Textbox(DETECT, label="language", visible=False),
            gr.Textbox("auto", label="precision", visible=False),
            gr.Number(1, label="rounds", visible=False),
        ],
        [
            gr.Textbox(label="report", visible=False),
            gr.JSON(label="results", visible=False),
            gr.File(label="files", file_count="multiple", visible=False),
        ],
    )
    _endpoint(pairs, [], [gr.JSON(label="pairs", visible=False)], shared=False)
    _endpoint(
        vocabulary,
        [
            gr.Textbox("multilingual", label="source", visible=False),
            gr.Textbox("large-v3", label="target", visible=False),
            gr.Textbox("", label="token", visible=False),
        ],
        [gr.JSON(label="vocabulary", visible=False)],
        shared=False,
    )


def details(transcript: Transcript) -> dict[str, Any]:
    """Everything about a transcript but its cycles and token labels, which are for figures."""
    data = transcript.to_dict()
    del data["token_text"], data["pieces"], data["stats"]["cycles"]
    return data | {"real_time_factor": real_time_factor(transcript)}


def _endpoint(fn: Callable[..., Any], inputs: list[Any], outputs: list[Any], *, shared: bool = True) -> None:
    """A named event without a visible trigger; ``shared``: it takes its turn on the engine."""
    gr.Button(visible=False).click(
        on_gpu(fn) if shared else fn,
        inputs,
        outputs,
        api_name=fn.__name__,
        concurrency_id=QUEUE if shared else None,
        concurrency_limit=AT_ONCE,
    )


def _answer(work: Callable[[], Any]) -> Any:
    """Errors leave as one sentence; details of a bug stay in the log."""
    try:
        return work()
    except Exception as error:
        raise gr.Error(explain(error), print_exception=False) from error


def _reporter(progress: gr.Progress) -> OnProgress:
    return lambda fraction, message: progress(fraction, desc=message)
