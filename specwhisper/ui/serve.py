"""Serving the app: what ``app.py`` and ``python -m specwhisper app`` call."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import gradio as gr
from starlette.types import ASGIApp

from specwhisper.addresses import bare_host, listen, url_of
from specwhisper.errors import OptionError
from specwhisper.network.device import lent_per_call
from specwhisper.network.heap import few_arenas
from specwhisper.service.engine import Engine
from specwhisper.terminal import note, write_line
from specwhisper.transcription.loading import check
from specwhisper.ui.build import build_app, build_engine
from specwhisper.ui.config import AppConfig
from specwhisper.ui.front import disk_trouble, stand_before
from specwhisper.ui.theme import build_css, build_theme
from specwhisper.ui.uploads import own_uploads
from specwhisper.web.environment import (
    HOSTS_VARIABLE,
    ORIGINS_VARIABLE,
    checked_hosts,
    checked_origins,
    chosen_port,
    listed,
)
from specwhisper.web.escaped import escaped_output
from specwhisper.web.visitors import ANY, Visitors, binds_all, is_loopback


def serve(
    config: AppConfig | None = None,
    *,
    host: str | None = None,
    port: int | None = None,
    pair: str | None = None,
    device: str | None = None,
    beside: Callable[[Engine], ASGIApp] | None = None,
) -> None:
    """Serve until stopped.

    Args:
        config: settings; ``pair`` and ``device``, where given, overrule it.
        host: address to bind; by default all on a Space, else this machine only.
        port: by default GRADIO_SERVER_PORT, else 7860 or the next free one.
        beside: makes another app around the same engine, to be served below ``/api``.

    Raises:
        OptionError: the port is taken, or an option does not exist.
        ModelError: the pair is a path where nothing is.
    """
    config = config or AppConfig()
    config = replace(config, pair=pair or config.pair, device=device or config.device)
    check(config.pair, config.device)
    few_arenas()
    engine = build_engine(config)
    other = beside(engine) if beside else None
    note(engine.where)
    if not lent_per_call():  # there is no card yet, and the process that gets one loads its own
        engine.warm_up()
    with own_uploads() as uploads, escaped_output():
        app = build_app(config, engine)
        launch(app, config, host=host, port=port, beside=other, uploads=uploads)


def launch(
    app: gr.Blocks,
    config: AppConfig,
    *,
    host: str | None = None,
    port: int | None = None,
    block: bool = True,
    beside: ASGIApp | None = None,
    uploads: Path | None = None,
) -> str:
    """Launch with the app's own looks and limits; returns the address once it is served.

    Args:
        beside: served below ``/api``.
        uploads: the folder where this process alone keeps them, which is tidied then.

    Raises:
        OptionError: the port is taken or not a number.
    """
    host = bare_host(host or ("0.0.0.0" if os.environ.get("SPACE_ID") else "127.0.0.1"))
    port = chosen_port(port)
    public = not is_loopback(host)
    hosts = (ANY,) if binds_all(host) else checked_hosts(listed(HOSTS_VARIABLE))
    visitors = Visitors(hosts, checked_origins(listed(ORIGINS_VARIABLE)))
    listen(host, 0).close()  # Gradio would try a hundred ports of an address that is not ours
    logo = config.assets / "logo.svg"
    try:
        served, local, _ = app.launch(
            server_name=f"[{host}]" if ":" in host else host,
            server_port=port,
            prevent_thread_lock=True,
            theme=build_theme(),
            css=build_css(config.assets / "css"),
            favicon_path=str(logo) if logo.is_file() else None,
            footer_links=["api"],
            run_history=False,  # it would keep recordings in the visitor's browser
            ssr_mode=False,
            max_file_size=config.max_upload_bytes,
            allowed_paths=[str(config.examples.resolve())] if config.examples.is_dir() else [],
            app_kwargs={"exception_handlers": {OSError: disk_trouble}},
            share=False,
            quiet=True,  # it would print addresses that no browser takes
        )
    except OSError as error:
        raise OptionError(f"Port {port} is taken: choose another one with --port.") from error
    if served is not None:
        stand_before(app.server.config, beside, visitors, public=public, uploads=uploads)
    url = f"{url_of(host, urlsplit(local).port or 80)}/"
    if block:
        write_line(f"* Running on local URL:  {url}")
        app.block_thread()
    return url
