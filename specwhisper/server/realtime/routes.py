"""``/v1/realtime``: live transcription over a WebSocket."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, WebSocket

from specwhisper.errors import OptionError
from specwhisper.server.forms import pair_of
from specwhisper.server.realtime.config import RealtimeConfig
from specwhisper.server.realtime.connection import RealtimeConnection
from specwhisper.server.settings import ServerSettings
from specwhisper.service.engine import Engine
from specwhisper.web.problem import answer


def realtime_router(engine: Engine, settings: ServerSettings) -> APIRouter:
    """The route."""
    router = APIRouter(prefix="/v1")

    @router.get("/realtime", include_in_schema=False)
    def no_socket() -> None:
        """Somebody has come without a WebSocket."""
        raise HTTPException(426, "This address is a WebSocket: see docs/server.md, Live.")

    @router.websocket("/realtime")
    async def realtime(
        socket: WebSocket, intent: Annotated[str, Query()] = "", model: Annotated[str, Query()] = ""
    ) -> None:
        """Transcribe what is said while it is said."""
        if intent != "transcription":
            await socket.send_denial_response(
                answer(400, "This server only transcribes: connect to /v1/realtime?intent=transcription.")
            )
            return
        try:
            config = RealtimeConfig(pair_of(model, engine), model or "whisper-1")
            engine.pair(config.pair)
        except OptionError as error:
            await socket.send_denial_response(answer(400, str(error)))
            return
        offered = socket.scope.get("subprotocols", [])
        await socket.accept("realtime" if "realtime" in offered else None)
        client = socket.client.host if socket.client else ""
        connection = RealtimeConnection(
            socket,
            engine,
            config,
            precision=settings.precision,
            client=client,
            patience=settings.timeout,
            most=settings.max_seconds,
        )
        await connection.run()

    return router
