"""The real server with real models, for the length of the session."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import httpx
import pytest
import uvicorn

from specwhisper.server.app import create_server
from specwhisper.server.serve import build_engine
from specwhisper.server.settings import ServerSettings


@pytest.fixture(scope="session")
def url(real_weights) -> Iterator[str]:
    real_weights("base")
    real_weights("tiny")
    settings = ServerSettings(pair="base+tiny")
    config = uvicorn.Config(create_server(build_engine(settings), settings), port=0, log_config=None)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 120
    while httpx.get(f"{address}/health").status_code != 200 and time.monotonic() < deadline:
        time.sleep(0.2)
    yield address
    server.should_exit = True
    thread.join(30)
