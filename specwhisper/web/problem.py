"""A refusal as JSON, in the form that OpenAI's clients read."""

from __future__ import annotations

import errno
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

_KINDS = {400: "invalid_request_error", 401: "authentication_error", 403: "permission_error",
          404: "not_found_error", 405: "invalid_request_error", 408: "invalid_request_error",
          413: "invalid_request_error", 415: "invalid_request_error", 422: "invalid_request_error",
          429: "rate_limit_error"}  # fmt: skip

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_NO_MORE_FILES = (errno.EMFILE, errno.ENFILE)


def problem(status: int, message: str, parameter: str | None = None) -> dict[str, Any]:
    """The body of a refusal."""
    kind = _KINDS.get(status, "server_error")
    return {"error": {"message": message, "type": kind, "param": parameter, "code": status}}


def answer(
    status: int, message: str, parameter: str | None = None, headers: dict[str, str] | None = None
) -> JSONResponse:
    """The whole answer."""
    return JSONResponse(problem(status, message, parameter), status, headers=headers)


def not_kept(error: OSError) -> HTTPException | None:
    """What to answer where an upload could not be written; None where the error has another cause."""
    if error.errno in _FULL:
        return HTTPException(
            507, "The disk of this server is full, so the upload is not kept: try again later."
        )
    if error.errno in _NO_MORE_FILES:
        return HTTPException(
            503, "This server has too many files open: try again in a moment.", {"Retry-After": "5"}
        )
    return None
