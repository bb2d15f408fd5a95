"""``python -m specwhisper serve``: the API until it is stopped."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import uvicorn
from starlette.types import ASGIApp

from specwhisper.addresses import listen, url_of
from specwhisper.errors import OptionError
from specwhisper.names import shown
from specwhisper.network.heap import few_arenas
from specwhisper.server.app import create_server
from specwhisper.server.gate import log as access
from specwhisper.server.settings import ServerSettings
from specwhisper.service.backend import real_backend
from specwhisper.service.engine import Engine
from specwhisper.terminal import note
from specwhisper.transcription.loading import check
from specwhisper.web.connections import MOST, PatientProtocol
from specwhisper.web.environment import PROXIES_VARIABLE, listed
from specwhisper.web.escaped import escaped_output
from specwhisper.web.visitors import ANY, binds_all

LEVEL_VARIABLE = "SPECWHISPER_LOG_LEVEL"

GRACE = 120
"""Seconds that running requests have to finish after Ctrl-C or SIGTERM; who still sends is hung up on."""


def serve(settings: ServerSettings, *, host: str, port: int) -> None:
    """Serve until stopped; what runs then is finished.

    Raises:
        OptionError: the port is taken, or an option does not exist.
        ModelError: the pair is a path where nothing is.
    """
    check(settings.pair, settings.device, settings.precision)
    log_level()
    listening = listen(host, port)  # and not by uvicorn, which would end the process without a sentence
    if binds_all(host):
        settings = replace(settings, allowed_hosts=(ANY,))
    few_arenas()
    engine = build_engine(settings)
    note(engine.where)
    app = create_server(engine, settings)
    note(f"SpecWhisper listens on {url_of(host, listening.getsockname()[1])} (docs at /docs)")
    with escaped_output(), logs_on_stderr():
        uvicorn.Server(server_config(app, settings)).run(sockets=[listening])


def server_config(app: ASGIApp, settings: ServerSettings) -> uvicorn.Config:
    """How uvicorn serves it: with time limits, and a bound on connections."""
    return uvicorn.Config(
        app,
        http=PatientProtocol,
        ws="websockets-sansio",
        log_config=None,
        access_log=False,
        limit_concurrency=max(MOST, 2 * settings.max_waiting),
        proxy_headers=bool(listed(PROXIES_VARIABLE)),
        timeout_graceful_shutdown=GRACE,
    )


def build_engine(settings: ServerSettings) -> Engine:
    """The engine of a server with these settings."""
    return Engine(
        real_backend(),
        device=settings.device,
        precision=settings.precision,
        pair=settings.pair,
        keep=settings.keep_loaded,
        max_seconds=settings.max_seconds,
        budget=settings.memory_budget,
        most_waiting=settings.max_waiting,
    )


def log_level() -> int:
    """How much is logged.

    Raises:
        OptionError: there is no such level.
    """
    levels = logging.getLevelNamesMapping()
    said = os.environ.get(LEVEL_VARIABLE) or "INFO"
    if said.upper() not in levels:
        known = ", ".join(name for name in levels if name not in ("NOTSET", "WARN"))
        raise OptionError(f"{LEVEL_VARIABLE} holds '{shown(said)}': choose {known}.")
    return levels[said.upper()]


@contextmanager
def logs_on_stderr() -> Iterator[None]:
    """JSON lines on standard error: one per request, and what the libraries complain of.

    SPECWHISPER_LOG_LEVEL sets how much of them.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    level = log_level()
    handler.setLevel(level)
    root, ours = logging.getLogger(), logging.getLogger("specwhisper")
    before = ours.level
    ours.setLevel(level)
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        ours.setLevel(before)


class JsonLines(logging.Formatter):
    """Every record as one line of JSON; a line about a request is JSON as it comes."""

    def format(self, record: logging.LogRecord) -> str:
        if record.name == access.name:
            return record.getMessage()
        said = {"level": record.levelname.lower(), "logger": record.name, "message": record.getMessage()}
        if record.exc_info:
            said["trace"] = self.formatException(record.exc_info)
        return json.dumps(said, ensure_ascii=False)
