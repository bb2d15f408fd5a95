"""Every refusal as JSON with a status, in the form that OpenAI's clients read."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException as StarletteHTTPException

from specwhisper.errors import (
    AudioError,
    AudioTooLongError,
    BusyError,
    ClientLeftError,
    GivenUpError,
    ModelError,
    OptionError,
    SpecWhisperError,
)
from specwhisper.server.sentences import about_field
from specwhisper.service.answer import explain
from specwhisper.web.problem import answer

STATUS: tuple[tuple[type[Exception], int], ...] = (
    (OptionError, 400),
    (AudioTooLongError, 413),
    (AudioError, 415),
    (BusyError, 429),
    (ModelError, 503),
    (ClientLeftError, 499),  # as nginx has it; nobody reads it but the log and the metrics
    (GivenUpError, 504),
)
"""The first kind that fits counts."""


def status_of(error: Exception) -> int:
    """The HTTP status of an error; 500 for a bug."""
    return next((status for kind, status in STATUS if isinstance(error, kind)), 500)


def busy(error: BusyError) -> JSONResponse:
    """Come again later."""
    return answer(status_of(error), str(error), headers={"Retry-After": str(error.seconds)})


def install(app: FastAPI) -> None:
    """Answer every exception with a problem."""

    @app.exception_handler(SpecWhisperError)
    async def known(request: Request, error: SpecWhisperError) -> JSONResponse:
        return busy(error) if isinstance(error, BusyError) else answer(status_of(error), str(error))

    @app.exception_handler(StarletteHTTPException)
    async def http(request: Request, error: StarletteHTTPException) -> JSONResponse:
        message = str(error.detail)
        if error.status_code == 404 and message == "Not Found":
            message = f"There is nothing at {request.url.path[:200]}: see /docs for what there is."
        if error.status_code == 405 and message == "Method Not Allowed":
            allowed = (error.headers or {}).get("Allow", "another method")
            message = f"This address takes {allowed}: see /docs for what there is."
        return answer(error.status_code, message, headers=dict(error.headers or {}))

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        field, message = about_field(error.errors()[0])
        return answer(422, message, field)

    @app.exception_handler(Exception)
    async def bug(request: Request, error: Exception) -> JSONResponse:
        return answer(500, explain(error))
