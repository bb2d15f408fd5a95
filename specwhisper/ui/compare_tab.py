"""The Compare tab: its form, its results, and what happens on a click."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from typing import Any

import gradio as gr

from specwhisper.errors import OptionError
from specwhisper.output.saved import read_comparison
from specwhisper.results import Comparison
from specwhisper.service.job import DETECT, parse_job
from specwhisper.ui.busy import Busy
from specwhisper.ui.compare_form import create_form, folded_html
from specwhisper.ui.compare_results import create_results, recorded_html, show, show_error
from specwhisper.ui.events import QUIET, RUN, UNQUEUED, go_to
from specwhisper.ui.examples import Example
from specwhisper.ui.kept import COMPARISON, asked_run, bring_back
from specwhisper.ui.live import LiveRun, Progress, pictures, progress_html, told_until
from specwhisper.ui.memory import remember
from specwhisper.ui.page import pair_error_html, pair_label, pair_note_html, where_html
from specwhisper.ui.race import race_html, race_of
from specwhisper.ui.share import replay_html, share_html
from specwhisper.ui.stops import Stops
from specwhisper.ui.tabs import Shared
from specwhisper.ui.timeline import follow
from specwhisper.ui.zero import on_gpu


def create_compare_tab(shared: Shared) -> None:
    """Build the tab inside the page, whose context is open."""
    app, engine, runs, assets = shared.app, shared.engine, shared.runs, shared.assets
    stops = Stops(app, shared.grace)
    with gr.Tab("Compare", id="compare", elem_id="compare"):
        form = create_form(engine.default_pair, shared.examples)
        results = create_results(assets, shared.examples)
        latest = gr.State()  # the transcript and its recording, for the timeline
        asked = asked_run()

    # Gradio names even private events after their function: "compare" is the public endpoint's name.
    def run_comparison(
        audio: str | None,
        pair: str,
        language: str,
        task: str,
        precision: str,
        lookahead: str,
        request: gr.Request,
    ) -> Iterator[list[Any]]:
        session = request.session_hash
        stop = stops.begin(session)
        try:
            job = parse_job(audio, pair, language, task, precision, lookahead)

            def compare(show: Callable[[Progress], None]) -> Comparison:
                on_progress = told_until(stop, show, "Stopped before the comparison was done.")
                return engine.compare(job, on_progress, session or "", word_times=True)

            run = LiveRun(compare, stop, str(job.audio), job.name)
            yield from watched(run, runs.keep(run, COMPARISON), session)
        except Exception as error:  # noqa: BLE001 - error_html() logs what is not the user's doing
            yield failed(error)
        finally:
            stops.end(session, stop)

    def watched(run: LiveRun[Progress, Comparison], name: str, session: str | None) -> Iterator[list[Any]]:
        """How far it is, and at last all there is; what was compared before stays until then."""

        def doing(progress: Progress) -> list[Any]:
            return [progress_html(*progress, name), *[gr.skip()] * (len(everything) - 1)]

        yield doing((0.0, "Starting"))
        yield from pictures(run, stops, session, doing, lambda comparison: shown(comparison, run, name))

    def shown(comparison: Comparison, run: LiveRun[Progress, Comparison], name: str) -> list[Any]:
        race = race_html(race_of(comparison))
        files = shared.downloads.comparison(comparison, run.name, replay_html(comparison, race, assets))
        share = share_html(comparison, runs.seconds)
        heard = (comparison.speculative, Path(run.audio), None) if run.audio else None
        return [
            *show(comparison, name, run.audio, race, files, share),
            folded_html(comparison, run.name),
            heard,
        ]

    def failed(error: Exception) -> list[Any]:
        return [*show_error(error, recorded_html(assets, shared.examples)), "", None]

    def show_pairs(chosen: str | None) -> tuple[Any, str]:
        states = sorted(engine.pairs(), key=lambda state: state.state == "unavailable")
        choices = [(pair_label(state), state.name) for state in states]
        if engine.default_pair not in {state.name for state in states}:
            # The operator's own pair, a folder perhaps, is on no list.
            choices.insert(0, (engine.default_pair, engine.default_pair))
        return gr.update(choices=choices), note(chosen)

    def note(chosen: str | None) -> str:
        try:
            return pair_note_html(engine.pair(chosen or "")) + where_html(engine.where)
        except OptionError as error:
            # The operator's own pair, a folder perhaps, can be used and is in no catalogue.
            return "" if chosen == engine.default_pair else pair_error_html(str(error))

    everything = [*results.outputs(), form.folded, latest]
    go: dict[str, Any] = {
        "fn": on_gpu(run_comparison),
        "inputs": form.inputs(),
        "outputs": everything,
        "js": go_to("verdict"),
        **QUIET | RUN,
    }
    refresh = {"fn": show_pairs, "inputs": form.pair, "outputs": [form.pair, form.pair_note], **QUIET}

    def open_saved(file: str | None, request: gr.Request) -> Iterator[list[Any]]:
        try:
            if not file:
                raise OptionError("No file was chosen: take one that 'Comparison (JSON)' downloaded.")
            name = Path(file).name.removesuffix(".json").removesuffix(".comparison")
            run: LiveRun[Progress, Comparison] = LiveRun(
                lambda show: read_comparison(Path(file)), Event(), name=name
            )
            yield from watched(run, runs.keep(run, COMPARISON), request.session_hash)
        except Exception as error:  # noqa: BLE001 - error_html() logs what is not the user's doing
            yield failed(error)

    form.saved.upload(
        open_saved, form.saved, everything, js=go_to("verdict"), concurrency_limit=None, **QUIET
    )
    timeline = follow(latest, results.timeline, engine.max_seconds)
    busy = Busy.of([form.run, *form.examples], form.stop, "#run, #compare .sw-example", stops)
    form.run.click(**busy.begin()).then(**go).then(**busy.end()).then(**refresh).then(**timeline)
    for button, example in zip(form.examples, shared.examples, strict=True):
        picked = button.click(**busy.begin()).then(
            _picker(example), outputs=[form.audio, form.language], **QUIET
        )
        picked.then(**go).then(**busy.end()).then(**refresh).then(**timeline)
    form.pair.change(note, form.pair, form.pair_note, **UNQUEUED)
    app.load(**refresh)

    bring_back(app, asked, COMPARISON, runs, busy, everything, watched, failed).then(**timeline)
    remember(
        app, shared.kept["compare"], [form.pair, form.language, form.task, form.precision, form.lookahead]
    )


def _picker(example: Example) -> Callable[[], tuple[str, str]]:
    # Not the example's own language: it would stay chosen, unnoticed, for the visitor's next recording.
    return lambda: (str(example.audio), DETECT)
