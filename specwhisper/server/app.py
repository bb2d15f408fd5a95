"""The HTTP API as one ASGI app, to be served alone or mounted beside the web app."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from fastapi import FastAPI

from specwhisper import __version__
from specwhisper.server.cors import Pages
from specwhisper.server.gate import Gate
from specwhisper.server.metrics import Metrics
from specwhisper.server.openai_routes import openai_router
from specwhisper.server.plain_routes import plain_router
from specwhisper.server.problems import install
from specwhisper.server.realtime.routes import realtime_router
from specwhisper.server.settings import ServerSettings, keys_from_environment
from specwhisper.server.work import Workers
from specwhisper.service.engine import AT_ONCE, Engine
from specwhisper.web.environment import ORIGINS_VARIABLE, listed
from specwhisper.web.visitors import ANY

_ABOUT = """
Whisper transcripts that are exactly the main model's, drafted by a small one.

```sh
curl -F file=@talk.mp3 http://127.0.0.1:8000/transcribe
curl -F file=@talk.mp3 -F model=base+tiny -F response_format=srt http://127.0.0.1:8000/v1/audio/transcriptions
```

Errors are JSON: 400 an option that does not exist, 401 no key, 403 a web page or a host name that is not
allowed, 404 nothing there, 408 it came too slowly, 413 too large or too long, 415 not audio, 422 a field that
is missing or no number, 429 too many wait (see Retry-After), 503 the model cannot be had, 504 it took too
long, 507 the disk is full.
"""


def beside(engine: Engine) -> FastAPI:
    """The API around an engine that somebody else owns and loads, with the usual limits.

    It leaves the places in the engine's line to the page that the page may take.

    Raises:
        OptionError: the environment holds keys that make no sense.
    """
    usual, most = ServerSettings(), engine.line.most
    settings = replace(
        usual,
        max_seconds=engine.max_seconds,
        max_waiting=usual.max_waiting if most is None else max(1, most - AT_ONCE),
        api_keys=keys_from_environment(),
        cors_origins=listed(ORIGINS_VARIABLE),
        allowed_hosts=(ANY,),  # whoever serves it beside a page knows by which names
    )
    return create_server(engine, settings, load_first=False)


def create_server(engine: Engine, settings: ServerSettings, *, load_first: bool = True) -> FastAPI:
    """Routes, limits and the loading of the first pair, which begins when the app starts.

    Args:
        load_first: False where somebody else loads it.
    """
    metrics = Metrics(engine)
    workers = Workers(engine, settings, metrics)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        if load_first:
            engine.warm_up()
        yield
        workers.close()

    app = FastAPI(title="SpecWhisper", version=__version__, description=_ABOUT, lifespan=lifespan)
    app.include_router(plain_router(workers, settings, metrics))
    app.include_router(openai_router(workers, settings))
    app.include_router(realtime_router(engine, settings))
    install(app)
    app.add_middleware(Gate, settings=settings, metrics=metrics, full=workers.full)
    if settings.cors_origins:
        app.add_middleware(Pages, origins=settings.cors_origins)
    return app
