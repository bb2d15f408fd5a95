"""What every request passes: an id, a log line, a count, limits on its body, and whether it may enter."""

from __future__ import annotations

import hmac
import json
import logging
import re
import time
import uuid
from collections.abc import Callable

from fastapi import Response
from starlette.datastructures import Headers, MutableHeaders
from starlette.status import HTTP_400_BAD_REQUEST
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from specwhisper.errors import BusyError
from specwhisper.server.metrics import METHODS, OTHER, Metrics
from specwhisper.server.problems import busy
from specwhisper.server.realtime.keys import key_in
from specwhisper.server.settings import ServerSettings
from specwhisper.web.body import Body, TooLargeError
from specwhisper.web.problem import answer
from specwhisper.web.visitors import Visitors

log = logging.getLogger("specwhisper.access")

OPEN = ("/", "/health")
"""Paths that need no key: what a load balancer asks."""

LINGER = 10.0
"""Seconds for which the rest of a refused body is still taken in, and thrown away: a connection that is
closed while the client sends is an error to it, and the answer that says why may be lost."""

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class Gate:
    """ASGI middleware; the innermost app never sees a request that is refused here.

    Args:
        full: what to tell those who bring a recording where too many wait already.
    """

    def __init__(
        self, app: ASGIApp, settings: ServerSettings, metrics: Metrics, full: Callable[[], BusyError | None]
    ) -> None:
        self._app = app
        self._settings = settings
        self._metrics = metrics
        self._full = full
        self._visitors = Visitors(settings.allowed_hosts, settings.cors_origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
            return
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
        body = Body(receive, self._settings.max_upload_bytes, ended=not comes)

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
                await body.drop(LINGER)
                message = {"type": "http.response.body", "body": b""}
            await send(message)

        try:
            refusal = self._refusal(scope, headers)
            if refusal is not None:
                await refusal(scope, body, numbered)
            else:
                await self._app(scope, body, numbered)
        finally:
            method = scope["method"] if scope["method"] in METHODS else OTHER
            self._record(request_id, scope, method, status, began)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A WebSocket: refused before it is accepted, logged when it ends."""
        began, status = time.monotonic(), 101
        scope.setdefault("state", {})
        refusal = self._refusal(scope, Headers(scope=scope))
        try:
            if refusal is not None:
                status = refusal.status_code
                await refusal(scope, receive, send)
            else:
                await self._app(scope, receive, send)
        finally:
            self._record(uuid.uuid4().hex, scope, "GET", status, began)

    def _record(self, request_id: str, scope: Scope, method: str, status: int, began: float) -> None:
        """Count a request that is over, and log it."""
        seconds = time.monotonic() - began
        # The path of the route, not of the request: strangers must not fill the metrics with names.
        route = getattr(scope.get("route"), "path", None) or OTHER
        self._metrics.answered(route, method, status, seconds)
        log.info(_line(request_id, scope, method, route, status, seconds))

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        """The answer to a request that may not enter; None for one that may."""
        stranger = self._visitors.wrong_name(scope) or self._visitors.foreign_page(scope)
        if stranger is not None:
            return answer(403, stranger)
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        key = key_in(scope.get("subprotocols", []))
        if self._settings.api_keys and path not in OPEN and not self._knows(headers, key):
            return answer(401, "This needs an API key: send it as 'Authorization: Bearer KEY'.")
        stated = headers.get("content-length", "")
        if stated.isdecimal() and int(stated) > self._settings.max_upload_bytes:
            error = TooLargeError(self._settings.max_upload_bytes)
            return answer(413, str(error.detail))
        full = self._full() if scope.get("method") == "POST" else None
        return busy(full) if full else None

    def _knows(self, headers: Headers, key: str) -> bool:
        """Whether a key was sent that is one of ours; a browser's WebSocket names it as a subprotocol."""
        scheme, _, named = (
            f"bearer {key}".partition(" ") if key else headers.get("authorization", "").partition(" ")
        )
        sent = named.strip().encode()
        # All keys are compared, each in constant time, so that the time tells nothing.
        found = [hmac.compare_digest(sent, known.encode()) for known in self._settings.api_keys]
        return scheme.lower() == "bearer" and any(found)


def _line(request_id: str, scope: Scope, method: str, route: str, status: int, seconds: float) -> str:
    """What is logged of a request: nothing that was said or written, and nothing that a stranger made up."""
    return json.dumps(
        {
            "request_id": request_id,
            "method": method,
            "route": route,
            "status": status,
            "seconds": round(seconds, 4),
            **scope["state"].get("logged", {}),
        }
    )
