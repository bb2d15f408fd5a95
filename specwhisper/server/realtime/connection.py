"""One client of the realtime API, from its first event to its last.

Two flows meet here: what the client sends is read by the server's loop, and what the models tell is iterated
over in a thread, which holds the pair for as long as there is sound. The thread begins with the first sound.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import uuid
from threading import Thread
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from specwhisper.errors import BusyError, LiveError, OptionError, SpecWhisperError
from specwhisper.names import shown
from specwhisper.server.realtime.config import RealtimeConfig
from specwhisper.server.realtime.events import Event, Items, error_event, event
from specwhisper.service.answer import explain
from specwhisper.service.engine import Engine
from specwhisper.transcription.live.session import LiveSession
from specwhisper.transcription.live.update import LiveUpdate

log = logging.getLogger(__name__)

_SHORTEST = 0.1  # seconds of sound that can be committed
_NORMAL, _POLICY, _FAILED, _LATER = 1000, 1008, 1011, 1013  # codes of RFC 6455


class _EndError(Exception):
    """The connection is to be closed.

    Attributes:
        code: of RFC 6455.
    """

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class RealtimeConnection:
    """One connection.

    Args:
        patience: seconds without any event after which it is closed.
        most: seconds of sound that one connection may send.
    """

    def __init__(
        self,
        socket: WebSocket,
        engine: Engine,
        config: RealtimeConfig,
        *,
        precision: str,
        client: str,
        patience: float,
        most: float,
    ) -> None:
        self._socket = socket
        self._engine = engine
        self._config = config
        self._precision = precision
        self._client = client
        self._patience = patience
        self._most = most
        self._name = f"sess_{uuid.uuid4().hex[:21]}"
        self._items = Items(config.turns is not None)
        self._session: LiveSession | None = None
        self._telling: asyncio.Task[None] | None = None
        self._heard = 0.0  # seconds of sound in all
        self._uncommitted = 0.0

    async def run(self) -> None:
        """Serve it until it ends."""
        code = _NORMAL
        try:
            await self._send(event("session.created", session=self._config.to_dict(self._name)))
            while True:
                await self._take(await self._next())
        except WebSocketDisconnect:
            pass
        except _EndError as ended:
            code = ended.code
        except Exception as error:
            log.exception("a realtime connection failed")
            code = _FAILED
            with contextlib.suppress(Exception):
                await self._send(error_event(explain(error), kind="server_error"))
        finally:
            await self._give_up()
            if self._socket.application_state is WebSocketState.CONNECTED:
                with contextlib.suppress(Exception):
                    await self._socket.close(code)

    async def _next(self) -> dict[str, Any]:
        """The client's next event; it is told of those that are none."""
        while True:
            try:
                message = await asyncio.wait_for(self._socket.receive(), self._patience)
            except TimeoutError:
                await self._send(
                    error_event(f"Nothing came for {self._patience:g} seconds, so this session ends.")
                )
                raise _EndError(_NORMAL) from None
            if message["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(message.get("code", _NORMAL))
            try:
                found = json.loads(message.get("text") or "")
            except (ValueError, RecursionError):
                found = None
            if isinstance(found, dict) and isinstance(found.get("type"), str):
                return found
            await self._send(
                error_event(
                    'An event is a JSON object with a "type", in a text message.', code="invalid_json"
                )
            )

    async def _take(self, said: dict[str, Any]) -> None:
        kind = said["type"]
        try:
            if kind in ("session.update", "transcription_session.update"):
                await self._configure(said.get("session"), kind)
            elif kind == "input_audio_buffer.append":
                await self._append(said.get("audio"))
            elif kind == "input_audio_buffer.commit":
                await self._commit()
            elif kind == "input_audio_buffer.clear":
                await self._clear()
            else:
                raise OptionError(
                    f"Events of type {shown(repr(kind))} are not offered: this server transcribes, with "
                    "session.update and input_audio_buffer.append, commit and clear."
                )
        except BusyError as error:
            await self._send(error_event(str(error), code="rate_limit_exceeded", about=said.get("event_id")))
            raise _EndError(_LATER) from error
        except LiveError:  # its thread has ended, and has told why
            raise _EndError(_FAILED) from None
        except SpecWhisperError as error:
            await self._send(error_event(str(error), about=said.get("event_id")))

    async def _configure(self, session: Any, kind: str) -> None:
        changed = self._config.updated(session, self._engine)
        if changed != self._config and self._session is not None:
            await self._finish()  # what comes is another session's
        self._config = changed
        self._items.detects = changed.turns is not None
        await self._send(event(f"{kind}d", session=changed.to_dict(self._name)))

    async def _append(self, audio: Any) -> None:
        samples = self._config.sound.samples(audio)
        seconds = len(samples) / self._config.sound.rate
        if self._heard + seconds > self._most:
            await self._send(
                error_event(f"A session takes {self._most:g} seconds of sound at most: connect again.")
            )
            raise _EndError(_POLICY)
        self._heard += seconds
        self._uncommitted += seconds
        session = self._session or await self._begin()
        await asyncio.to_thread(session.feed, samples)

    async def _commit(self) -> None:
        if self._session is None or self._uncommitted < _SHORTEST:
            raise OptionError("There is nothing to commit: append at least 100 ms of sound before.")
        self._uncommitted = 0.0
        if not self._items.detects:
            for each in self._items.committed():
                await self._send(each)
        self._session.commit()

    async def _clear(self) -> None:
        self._uncommitted = 0.0
        if self._session is not None:
            self._session.clear()
        await self._send(event("input_audio_buffer.cleared"))

    async def _begin(self) -> LiveSession:
        """Have a thread that holds the pair and tells of what is said."""
        loop = asyncio.get_running_loop()
        begun: asyncio.Future[LiveSession] = loop.create_future()
        updates: asyncio.Queue[LiveUpdate | Exception | None] = asyncio.Queue()
        config = self._config

        def tell(found: LiveUpdate | Exception | None) -> None:
            loop.call_soon_threadsafe(updates.put_nowait, found)

        def work() -> None:
            try:
                with self._engine.live(
                    config.pair,
                    self._precision,
                    client=self._client,
                    language=config.language,
                    initial_prompt=config.prompt,
                    pause=config.turns.silence_duration_ms / 1000 if config.turns else None,
                    sample_rate=config.sound.rate,
                ) as session:
                    loop.call_soon_threadsafe(_settle, begun, session)
                    for update in session:
                        tell(update)
            except Exception as error:  # noqa: BLE001 - told where the client is
                loop.call_soon_threadsafe(_settle, begun, error)
                tell(error)
            finally:
                tell(None)

        async def forward() -> None:
            while (found := await updates.get()) is not None:
                if isinstance(found, LiveUpdate):
                    for each in self._items.of(found):
                        await self._send(each)
                elif self._session is not None:  # else whoever waits for it tells of it
                    await self._send(error_event(explain(found), kind="server_error"))

        Thread(target=work, name="realtime", daemon=True).start()
        self._telling = asyncio.create_task(forward())
        self._session = await begun
        return self._session

    async def _finish(self) -> None:
        """Settle what there is, and tell of it."""
        if self._session is not None and self._telling is not None:
            self._session.close()
            await self._telling
        self._session = self._telling = None
        self._uncommitted = 0.0

    async def _give_up(self) -> None:
        """The client is gone: nothing of it may run on."""
        session, telling = self._session, self._telling
        if session is not None:
            await asyncio.to_thread(session.cancel)
        if telling is not None:
            with contextlib.suppress(Exception):
                await telling

    async def _send(self, said: Event) -> None:
        if self._socket.application_state is WebSocketState.CONNECTED:
            await self._socket.send_text(json.dumps(said, ensure_ascii=False))


def _settle(begun: asyncio.Future[LiveSession], found: LiveSession | Exception) -> None:
    """Tell whoever waits for a session."""
    if begun.done():
        return
    if isinstance(found, Exception):
        begun.set_exception(found)
    else:
        begun.set_result(found)
