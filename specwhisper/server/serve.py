"""``python -m specwhisper serve``: the API until it is stopped."""

from __future__ import annotations

import logging
import os
import sys

from specwhisper.addresses import listen, url_of
from specwhisper.models.heap import few_arenas
from specwhisper.server.app import create_server
from specwhisper.server.settings import ServerSettings
from specwhisper.service.backend import real_backend
from specwhisper.service.engine import Engine
from specwhisper.terminal import note

GRACE = 120
"""Seconds that running requests have to finish after Ctrl-C or SIGTERM."""


def serve(settings: ServerSettings, *, host: str, port: int) -> None:
    """Serve until stopped; what runs then is finished.

    Raises:
        OptionError: the port is taken, or an option does not exist.
    """
    import uvicorn

    listening = listen(host, port)  # and not by uvicorn, which would end the process without a sentence
    log_to_stderr()
    few_arenas()
    app = create_server(build_engine(settings), settings)
    config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=GRACE)
    note(f"SpecWhisper listens on {url_of(host, listening.getsockname()[1])} (docs at /docs)")
    uvicorn.Server(config).run(sockets=[listening])


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


def log_to_stderr() -> None:
    """One JSON line per request on standard error; SPECWHISPER_LOG_LEVEL sets how much else."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    root = logging.getLogger("specwhisper")
    root.setLevel(os.environ.get("SPECWHISPER_LOG_LEVEL", "INFO").upper())
    root.addHandler(handler)
