"""An engine for the API without a model: it echoes what it was asked, as slowly as it is told."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from starlette.testclient import TestClient

from specwhisper.audio.decode import load_audio
from specwhisper.errors import OptionError, WeightsUnavailableError
from specwhisper.results import Memory, Seconds, Segment, Stats, Transcript, Update
from specwhisper.server.app import create_server
from specwhisper.server.settings import ServerSettings
from specwhisper.service.backend import Backend
from specwhisper.service.engine import Engine
from tests.ui.fakes import PAIRS

LANGUAGE = "en"
"""What it hears."""


class Echo:
    """A transcriber whose text says how long the recording is."""

    memory = Memory(100, 10)

    def __init__(self) -> None:
        self.delay = 0.0
        self.asked: list[dict[str, Any]] = []
        self.busy = 0
        self.worst = 0
        self.given_up = 0
        self._guard = threading.Lock()

    def transcribe(
        self,
        audio: Any,
        *,
        on_progress: Callable,
        on_update: Callable[[Update], None] = lambda update: None,
        **options: Any,
    ) -> Transcript:
        with self._guard:
            self.busy += 1
            self.worst = max(self.worst, self.busy)
        try:
            self.asked.append(options)
            segments = tuple(
                Segment(float(at), at + 1.0, f" part {at}", (at,), words=())
                for at in range(round(audio.seconds))
            )
            for segment in segments:
                time.sleep(self.delay)
                on_update(Update((segment,), "", segment.end, audio.seconds))
        except Exception:
            self.given_up += 1
            raise
        finally:
            with self._guard:
                self.busy -= 1
        text = "".join(segment.text for segment in segments).strip()
        stats = Stats("speculative", "base", "tiny", "fp32", "cpu", (), Seconds(verify=0.1))
        return Transcript(text, LANGUAGE, audio.seconds, segments, (), stats, warnings=audio.warnings)


def fake_engine(echo: Echo, **options: Any) -> Engine:
    """The real engine and the real reading of sound around it."""

    def check_pair(name: str) -> str:
        if name not in {pair.name for pair in PAIRS}:
            raise OptionError(f"Unknown pair {name!r}: choose one of those listed.")
        return name

    def load(pair: str, **how: Any) -> Echo:
        if pair == "large-v2+tiny":
            raise WeightsUnavailableError("large-v2 cannot be had here: put its weights in a folder.")
        return echo

    def pair_state(name: str) -> Any:
        return next(pair for pair in PAIRS if pair.name == check_pair(name))

    backend = Backend(
        load=load,
        pair_states=lambda: PAIRS,
        pair_state=pair_state,
        check_pair=check_pair,
        default_pair=lambda device: "base+tiny",
        hear=lambda file, limit: load_audio(file, max_seconds=limit),
        codec=lambda vocabulary: None,
        benchmark=lambda *job: None,
    )
    return Engine(backend, **{"max_seconds": 30, "places": 1, **options})


def started(echo: Echo, **settings: object) -> Iterator[TestClient]:
    """The API in this process, once it is ready."""
    wanted = ServerSettings(max_upload_bytes=2**20, **settings)
    engine = fake_engine(echo, most_waiting=wanted.max_waiting)
    with TestClient(create_server(engine, wanted), raise_server_exceptions=False) as client:
        for _ in range(100):
            if client.get("/health").status_code == 200:
                break
            time.sleep(0.02)
        yield client
