"""Connections that do not wait for ever: for headers, for a client that reads nothing, or at the end.

Uvicorn waits for whoever has connected once, so a few hundred clients that send nothing hold it.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any

import h11
from starlette.types import Receive, Scope, Send
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from specwhisper.web.problem import answer

HEADERS = 10.0
"""Seconds from the first byte of a request, or from the connection, to the end of its headers."""

READING = 60.0
"""Seconds for which a client may take nothing of what is sent to it."""

REST = 2.0
"""Seconds for which the rest of a refused request is dropped, so that its client reads the answer."""

MOST = 400
"""Connections at a time. Each may have an upload open beside it, and 1024 open files are usual."""

FULL = "This server has as many connections as it can hold: try again in a moment."

LATE = "The headers of the request did not come in time: send it again, without pauses."

UNREADABLE = (
    "This request cannot be read: send HTTP/1.1 with short headers, to http:// and not https://, for there "
    "is no TLS here."
)


class PatientProtocol(H11Protocol):
    """One connection. ``limit_concurrency`` counts connections; beyond it the longest idle one makes room,
    and where none is idle the newest is told to come again (503)."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._most, self.limit_concurrency = self.limit_concurrency, None  # uvicorn would answer no sentence
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._heard = self._refused = self._upgraded = False
        self.since = 0.0

    @property
    def idle(self) -> bool:
        """Whether no request is under way."""
        return self.cycle is None or self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.since = self.loop.time()
        self._start("headers", HEADERS, self._without_headers)
        if self._most is not None and len(self.connections) > self._most:
            self._make_room()

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        self._heard = True
        super().data_received(data)
        if self._refused or self._upgraded:
            self._stop("headers")
        elif self.idle and not self.transport.is_closing():
            self._start("headers", HEADERS, self._without_headers)
        else:
            self._stop("headers")
            self.since = self.loop.time()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """Another protocol has the connection from now on; it pings to see whether anybody is there."""
        self._upgraded = True
        super().handle_websocket_upgrade(event)

    def connection_lost(self, exc: Exception | None) -> None:
        for name in tuple(self._timers):
            self._stop(name)
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._start("reading", READING, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop("reading")

    def shutdown(self) -> None:
        """At the end of the server: what runs is finished, but whoever still sends is not waited for."""
        if not self.idle and self.cycle.more_body:
            self.transport.abort()
        else:
            super().shutdown()

    def _make_room(self) -> None:
        others = (each for each in self.connections if isinstance(each, PatientProtocol) and each is not self)
        oldest = min((each for each in others if each.idle), key=lambda each: each.since, default=None)
        if oldest is None:
            self.app = full
        else:
            self.connections.discard(oldest)  # its loss is told in the loop's next turn only
            oldest.transport.abort()

    def _without_headers(self) -> None:
        del self._timers["headers"]
        if self._heard and self.conn.our_state is h11.IDLE:
            self._say(HTTPStatus.REQUEST_TIMEOUT, LATE)
        self.transport.close()

    def send_400_response(self, msg: str) -> None:
        """What came is no HTTP; uvicorn's own answer would be plain text.

        To close while something is unread resets the connection, and the answer is lost with it.
        """
        self._say(HTTPStatus.BAD_REQUEST, UNREADABLE)
        self._refused = True
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._start("rest", REST, self.transport.close)

    def _say(self, status: HTTPStatus, message: str) -> None:
        """Answer where the app knows of no request; nothing, where it is answering one."""
        if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            return
        said = answer(status, message)
        headers = [*said.raw_headers, (b"connection", b"close")]
        events = (
            h11.Response(status_code=status, headers=headers, reason=status.phrase.encode()),
            h11.Data(data=bytes(said.body)),
            h11.EndOfMessage(),
        )
        for event in events:
            self.transport.write(self.conn.send(event) or b"")

    def _start(self, name: str, seconds: float, then: Any) -> None:
        if name not in self._timers:
            self._timers[name] = self.loop.call_later(seconds, then)

    def _stop(self, name: str) -> None:
        timer = self._timers.pop(name, None)
        if timer:
            timer.cancel()


async def full(scope: Scope, receive: Receive, send: Send) -> None:
    """ASGI: the server is full."""
    said = answer(503, FULL, headers={"Retry-After": "5", "Connection": "close"})
    await said(scope, receive, send)
