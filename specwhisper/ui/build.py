"""The app as a ``gr.Blocks``: header, tabs, footer, API."""

from __future__ import annotations

import gradio as gr

from specwhisper.service.backend import real_backend
from specwhisper.service.engine import AT_ONCE, Engine
from specwhisper.ui.api import create_api
from specwhisper.ui.benchmark_tab import create_benchmark_tab
from specwhisper.ui.compare_tab import create_compare_tab
from specwhisper.ui.config import AppConfig, asset_text
from specwhisper.ui.downloads import Downloads
from specwhisper.ui.examples import find_examples
from specwhisper.ui.how_tab import create_how_tab
from specwhisper.ui.kept import KeptRuns
from specwhisper.ui.live_tab import create_live_tab
from specwhisper.ui.memory import place
from specwhisper.ui.page import footer_html, header_html
from specwhisper.ui.proofread_tab import create_proofread_tab
from specwhisper.ui.tabs import Shared
from specwhisper.ui.transcribe_tab import create_transcribe_tab
from specwhisper.ui.vocabulary_tab import create_vocabulary_tab


def build_engine(config: AppConfig) -> Engine:
    """The engine an app with these settings owns."""
    return Engine(
        real_backend(),
        device=config.device,
        pair=config.pair,
        keep=config.keep_loaded,
        max_seconds=config.max_seconds,
        most_waiting=config.max_waiting + AT_ONCE,  # of the API beside the page, and of the page
    )


def build_app(config: AppConfig, engine: Engine | None = None) -> gr.Blocks:
    """Lay out the page. Nothing is loaded and nothing is served yet; see :mod:`specwhisper.ui.serve`."""
    engine = engine or build_engine(config)
    downloads, runs = Downloads(), KeptRuns(config.cache_seconds)
    with gr.Blocks(
        title="SpecWhisper",
        analytics_enabled=False,
        delete_cache=(max(60, config.cache_seconds // 4), config.cache_seconds),
    ) as app:
        examples = find_examples(config.examples)
        kept = {name: place(name) for name in ("compare", "transcribe", "live", "proofread", "benchmark")}
        shared = Shared(app, engine, downloads, runs, examples, kept, config.assets, config.grace)
        gr.HTML(header_html(config.assets / "logo.svg"), padding=False)
        with gr.Tabs(elem_id="tabs", overflow_behavior="wrap"):
            create_compare_tab(shared)
            create_transcribe_tab(shared)
            create_live_tab(shared)
            create_proofread_tab(shared)
            create_benchmark_tab(shared)
            create_vocabulary_tab(engine.codec)
            create_how_tab(config.assets / "how")
        gr.HTML(footer_html(config.cache_seconds), padding=False)
        create_api(engine, downloads)
        for name in ("tabs.js", "lists.js"):
            if script := asset_text(config.assets / "page" / name):
                app.load(None, js=script, api_visibility="private")
    app.queue(max_size=config.max_waiting, default_concurrency_limit=1)
    return app
