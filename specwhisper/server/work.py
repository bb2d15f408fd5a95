"""From a request to the models and back: a thread that waits its turn, a client that may leave meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event
from typing import Any, BinaryIO, TypeVar, cast

from fastapi import Request

from specwhisper.captions.captions import Captions
from specwhisper.errors import BusyError, ClientLeftError, GivenUpError
from specwhisper.proofread import Proofread
from specwhisper.results import Transcript, Update
from specwhisper.server.metrics import Metrics
from specwhisper.server.settings import ServerSettings
from specwhisper.service.engine import Engine
from specwhisper.service.job import Job

T = TypeVar("T")
Ask = Callable[[Job, str, "Deadline"], T]
"""Asks the engine: with the job, for a client, as long as somebody waits."""

_LOOK = 0.25  # seconds between two looks whether the client is still there


@dataclass(slots=True)
class Deadline:
    """How long somebody is willing to wait: until they leave, or their time is up."""

    seconds: float
    gone: Event = field(default_factory=Event)
    began: float = field(default_factory=time.monotonic)

    def check(self) -> None:
        """Give up the work if nobody waits for it any more.

        Raises:
            ClientLeftError: the client is gone.
            GivenUpError: its time is up.
        """
        if self.gone.is_set():
            raise ClientLeftError("The client left before the answer was ready.")
        if time.monotonic() - self.began > self.seconds:
            raise GivenUpError(
                f"This took longer than {self.seconds:g} seconds: send a shorter recording, try later, or "
                "raise the server's limit (serve --timeout)."
            )

    def on_progress(self, fraction: float, message: str) -> None:
        """For an engine that tells of its progress: the same."""
        self.check()


class Recording:
    """An upload that cannot be read any more once nobody waits: hearing a long one stops, too."""

    def __init__(self, file: Any, patience: Deadline) -> None:
        self._file = file
        self._patience = patience

    def read(self, size: int = -1) -> bytes:
        self._patience.check()
        return cast(bytes, self._file.read(size))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


class Workers:
    """Threads in which requests wait and work: one that works, and as many as may wait."""

    def __init__(self, engine: Engine, settings: ServerSettings, metrics: Metrics) -> None:
        self.engine = engine
        self._timeout = settings.timeout
        self._metrics = metrics
        self._by_key = bool(settings.api_keys)
        self._most = settings.max_waiting + engine.places
        self._inside = 0
        self._threads: ThreadPoolExecutor | None = None

    def full(self) -> BusyError | None:
        """What to tell a newcomer where too many are there already, whether they hear, wait or work."""
        return (
            self.engine.line.full(self._inside - self.engine.places) if self._inside >= self._most else None
        )

    async def transcribe(self, request: Request, job: Job, **options: Any) -> Transcript:
        """One transcript; given up when the client leaves.

        Raises:
            SpecWhisperError: with the sentence to show.
        """
        return await self._answered(request, job, self._writing(None, options), lambda written: written)

    async def proofread(self, request: Request, job: Job, captions: Captions, **options: Any) -> Proofread:
        """Captions checked; given up when the client leaves.

        Raises:
            SpecWhisperError: with the sentence to show.
        """

        def ask(job: Job, client: str, patience: Deadline) -> Proofread:
            return self.engine.proofread(job, captions, patience.on_progress, client, **options)

        return await self._answered(request, job, ask, lambda found: found.transcript)

    async def stream(self, request: Request, job: Job, **options: Any) -> AsyncGenerator[Update | Transcript]:
        """Updates as they come, then the transcript; whoever stops listening or leaves stops the work.

        Raises:
            SpecWhisperError: with the sentence to show.
        """
        loop = asyncio.get_running_loop()
        told: asyncio.Queue[Update | None] = asyncio.Queue()
        patience = Deadline(self._timeout)

        def tell(update: Update) -> None:
            loop.call_soon_threadsafe(told.put_nowait, update)

        running = self._start(request, job, patience, self._writing(tell, options), lambda written: written)
        running.add_done_callback(lambda done: told.put_nowait(None))
        async with _watched(request, patience):
            while (update := await told.get()) is not None:
                yield update
            yield running.result()

    def close(self) -> None:
        """Let what runs finish. A later request begins anew: an app may be started more than once."""
        threads, self._threads = self._threads, None
        if threads:
            threads.shutdown(wait=True)

    def _writing(self, tell: Callable[[Update], None] | None, options: dict[str, Any]) -> Ask[Transcript]:
        """A transcript, and what is told on the way."""

        def ask(job: Job, client: str, patience: Deadline) -> Transcript:
            def on_update(update: Update) -> None:
                patience.check()
                if tell:
                    tell(update)

            return self.engine.transcribe(job, patience.on_progress, client, on_update=on_update, **options)

        return ask

    async def _answered(self, request: Request, job: Job, ask: Ask[T], of: Callable[[T], Transcript]) -> T:
        patience = Deadline(self._timeout)
        running = self._start(request, job, patience, ask, of)
        async with _watched(request, patience):
            await asyncio.wait((running,))
            return running.result()

    def _start(
        self, request: Request, job: Job, patience: Deadline, ask: Ask[T], of: Callable[[T], Transcript]
    ) -> asyncio.Future[T]:
        """Begin in a thread.

        Args:
            ask: asks the engine.
            of: the transcript in its answer, for the log and what is counted.
        """

        def work() -> T:
            patience.check()
            return ask(job, client, patience)

        if refusal := self.full():
            raise refusal
        client = client_of(request, self._by_key)
        if not isinstance(job.audio, Path):
            job = replace(job, audio=cast(BinaryIO, Recording(job.audio, patience)))
        if self._threads is None:  # always asked for from the loop's own thread
            self._threads = ThreadPoolExecutor(self._most, thread_name_prefix="request")
        running = asyncio.get_running_loop().run_in_executor(self._threads, work)
        self._inside += 1
        running.add_done_callback(lambda done: self._finished(request, done, of))
        return running

    def _finished(self, request: Request, done: asyncio.Future[T], of: Callable[[T], Transcript]) -> None:
        self._inside -= 1
        if not done.cancelled() and done.exception() is None:
            transcript = of(done.result())
            self._metrics.transcribed(transcript)
            logged = request.scope["state"].setdefault("logged", {})
            logged["audio_seconds"] = round(logged.get("audio_seconds", 0.0) + transcript.duration, 2)
            logged["main"], logged["draft"] = transcript.stats.main, transcript.stats.draft


@contextlib.asynccontextmanager
async def _watched(request: Request, patience: Deadline) -> AsyncIterator[None]:
    """While inside, somebody looks whether the client is still there; afterwards nobody waits any more.

    The answer's own look begins with its first byte only, and until then a client may wait for long.
    """

    async def look() -> None:
        while not await request.is_disconnected():
            await asyncio.sleep(_LOOK)
        patience.gone.set()

    looking = asyncio.create_task(look())
    try:
        yield
    finally:
        patience.gone.set()
        looking.cancel()


def client_of(request: Request, by_key: bool) -> str:
    """Who has turns of their own: the holder of a key where keys are checked, else an address.

    Where nobody checks it, the header may hold anything, and anybody could have all the turns.
    """
    key = request.headers.get("authorization") if by_key else None
    return key or (request.client.host if request.client else "")
