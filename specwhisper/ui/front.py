"""What stands in front of the page: another app beside it, and rules that Gradio has none of.

It is set on Gradio's own server, for Gradio answers with its CORS before any route is asked, and a page of
anybody could then use what is served beside it.
"""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any, cast

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn import Config
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from specwhisper.ui.uploads import Unfinished
from specwhisper.web.body import Body
from specwhisper.web.connections import MOST, PatientProtocol
from specwhisper.web.environment import PROXIES_VARIABLE, listed
from specwhisper.web.problem import answer, not_kept
from specwhisper.web.visitors import Visitors

BESIDE = "/api"
"""Where another app is served."""


class Front:
    """ASGI: the page, guarded, and below ``/api`` another app, which guards itself.

    Args:
        visitors: who may ask.
        public: whether the page is served to a network. Who uses it is Gradio's matter then: it may stand in
            the pages of others, as on a Space.
        unfinished: tidies up after uploads.
    """

    def __init__(
        self,
        page: ASGIApp,
        beside: ASGIApp | None,
        visitors: Visitors,
        public: bool,
        unfinished: Unfinished | None,
    ) -> None:
        self._page = page
        self._beside = beside
        self._visitors = visitors
        self._public = public
        self._unfinished = unfinished

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._page(scope, receive, send)
            return
        other = self._beside if f"{scope['path']}/".startswith(f"{BESIDE}/") else None
        if scope["type"] == "websocket" and other is None:
            await answer(404, "There is no WebSocket here.")(scope, receive, send)
            return
        refusal = self._visitors.wrong_name(scope)
        if other is None and not self._public:
            refusal = refusal or self._visitors.foreign_page(scope)
        if refusal:
            await answer(403, refusal)(scope, receive, send)
        elif other is not None:
            await other({**scope, "root_path": scope.get("root_path", "") + BESIDE}, receive, send)
        else:
            headers = Headers(scope=scope)
            comes = "transfer-encoding" in headers or headers.get("content-length", "0") != "0"
            uploads = scope["method"] == "POST" and scope["path"].endswith("/upload")
            tidied = self._unfinished.upload() if self._unfinished and uploads else nullcontext()
            with tidied:
                await self._page(scope, Body(receive, ended=not comes), send)


def stand_before(
    server: Config, beside: ASGIApp | None, visitors: Visitors, *, public: bool, uploads: Path | None
) -> None:
    """Put a front before a page that is served already.

    Args:
        beside, visitors, public: of the :class:`Front`.
        uploads: the folder where this process alone keeps them.
    """
    if beside is not None and (proxies := listed(PROXIES_VARIABLE)):
        beside = cast(ASGIApp, ProxyHeadersMiddleware(cast(Any, beside), list(proxies)))
    server.loaded_app = Front(
        server.loaded_app, beside, visitors, public, Unfinished(uploads) if uploads else None
    )
    server.http_protocol_class = PatientProtocol
    server.ws_protocol_class = WebSocketsSansIOProtocol if beside is not None else None
    server.limit_concurrency = MOST


async def disk_trouble(request: Request, error: Exception) -> Response:
    """The answer to an upload that could not be written.

    Raises:
        OSError: it was something else.
    """
    refusal = not_kept(error) if isinstance(error, OSError) else None
    if refusal is None:
        raise error
    return answer(refusal.status_code, str(refusal.detail))
