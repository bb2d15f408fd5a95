"""What every request passes: an id, a log line, a count, a limit on its body, a key."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import logging
import re
import time
import uuid
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.status import HTTP_400_BAD_REQUEST
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from specwhisper.server.metrics import Metrics
from specwhisper.server.problems import TooLargeError, answer
from specwhisper.server.settings import ServerSettings

log = logging.getLogger("specwhisper.access")

OPEN = ("/", "/health")
"""Paths that need no key: what a load balancer asks."""

LINGER = 10.0
"""Seconds for which the rest of a refused body is still taken in, and thrown away: a connection that is
closed while the client sends is an error to it, and the answer that says why may be lost."""

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class Gate:
    """ASGI middleware; the innermost app never sees a request that is refused here."""

    def __init__(self, app: ASGIApp, settings: ServerSettings, metrics: Metrics) -> None:
        self._app = app
        self._settings = settings
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        request_id = headers.get("x-request-id", "")
        if not _REQUEST_ID.fullmatch(request_id):
            request_id = uuid.uuid4().hex
        began, status = time.monotonic(), 500
        scope.setdefault("state", {})["request_id"] = request_id
        comes = "transfer-encoding" in headers or headers.get("content-length", "0") != "0"
        body = _Body(receive, self._settings.max_upload_bytes, ended=not comes)

        async def numbered(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                answered = MutableHeaders(scope=message)
                answered["X-Request-ID"] = request_id
                if status >= HTTP_400_BAD_REQUEST and not body.ended:
                    answered["Connection"] = "close"  # what still comes is no next request
            elif status >= HTTP_400_BAD_REQUEST and not message.get("more_body") and not body.ended:
                await send({**message, "more_body": True})
                await body.drop()
                message = {"type": "http.response.body", "body": b""}
            await send(message)

        try:
            refusal = self._refusal(scope, headers)
            if refusal is not None:
                await refusal(scope, body, numbered)
            else:
                await self._app(scope, body, numbered)
        finally:
            seconds = time.monotonic() - began
            # The path of the route, not of the request: strangers must not fill the metrics with names.
            route = getattr(scope.get("route"), "path", None) or "none"
            self._metrics.answered(route, scope["method"], status, seconds)
            log.info(_line(request_id, scope, route, status, seconds))

    def _refusal(self, scope: Scope, headers: Headers) -> Any:
        """The answer to a request that may not enter; None for one that may."""
        if scope["method"] == "OPTIONS" and self._settings.cors_origins:
            return None  # a browser asks without its key first
        if self._settings.api_keys and scope["path"] not in OPEN and not self._knows(headers):
            return answer(401, "This needs an API key: send it as 'Authorization: Bearer KEY'.")
        stated = headers.get("content-length", "")
        if stated.isdecimal() and int(stated) > self._settings.max_upload_bytes:
            error = TooLargeError(self._settings.max_upload_bytes)
            return answer(413, str(error.detail))
        return None

    def _knows(self, headers: Headers) -> bool:
        scheme, _, key = headers.get("authorization", "").partition(" ")
        sent = key.strip().encode()
        # All keys are compared, each in constant time, so that the time tells nothing.
        found = [hmac.compare_digest(sent, known.encode()) for known in self._settings.api_keys]
        return scheme.lower() == "bearer" and any(found)


class _Body:
    """A request's body, counted while it comes: its stated length may be missing or a lie."""

    def __init__(self, receive: Receive, limit: int, *, ended: bool) -> None:
        self._receive = receive
        self._limit = limit
        self._taken = 0
        self.ended = ended

    async def __call__(self) -> Message:
        message = await self._next()
        if self._taken > self._limit:
            raise TooLargeError(self._limit)
        return message

    async def drop(self) -> None:
        """Take in the rest, for a while."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LINGER):
                while not self.ended:
                    await self._next()

    async def _next(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._taken += len(message.get("body", b""))
            self.ended = not message.get("more_body", False)
        else:
            self.ended = True
        return message


def _line(request_id: str, scope: Scope, route: str, status: int, seconds: float) -> str:
    """What is logged of a request: nothing that was said or written."""
    return json.dumps(
        {
            "request_id": request_id,
            "method": scope["method"],
            "route": route,
            "status": status,
            "seconds": round(seconds, 4),
            **scope["state"].get("logged", {}),
        }
    )
