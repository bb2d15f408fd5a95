"""The real server with real models, for the length of the session."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
import uvicorn
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from specwhisper.server.app import create_server
from specwhisper.server.serve import build_engine, server_config
from specwhisper.server.settings import ServerSettings
from tests.server.fakes import Echo, started


@contextmanager
def listening(app: ASGIApp, settings: ServerSettings | None = None) -> Iterator[str]:
    """The address of an app that is served over real connections, as ``serve`` does it."""
    config = server_config(app, settings or ServerSettings())
    config.port = 0
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(30)


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
def client(echo: Echo) -> Iterator[TestClient]:
    yield from started(echo)


@pytest.fixture(scope="session")
def url(real_weights) -> Iterator[str]:
    real_weights("base")
    real_weights("tiny")
    settings = ServerSettings(pair="base+tiny")
    with listening(create_server(build_engine(settings), settings)) as address:
        deadline = time.monotonic() + 120
        while httpx.get(f"{address}/health").status_code != 200 and time.monotonic() < deadline:
            time.sleep(0.2)
        yield address
