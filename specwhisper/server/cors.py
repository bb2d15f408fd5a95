"""Pages that may ask from elsewhere, and a refusal of the others that reads like every other."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp

from specwhisper.names import shown
from specwhisper.web.problem import answer
from specwhisper.web.visitors import not_allowed

METHODS = ("GET", "HEAD", "POST")


class Pages(CORSMiddleware):
    """Starlette's, whose refusals would be plain text.

    Args:
        origins: of the pages that may ask; ``*`` for any.
    """

    def __init__(self, app: ASGIApp, origins: tuple[str, ...]) -> None:
        # Any header, for OpenAI's client sends a dozen of its own; no cookies, so none of them is a danger.
        super().__init__(
            app, allow_origins=origins, allow_methods=METHODS, allow_headers=("*",),
            expose_headers=("X-Request-ID", "Retry-After"), allow_private_network=True,
        )  # fmt: skip

    def preflight_response(self, request_headers: Headers) -> Response:
        """What a browser hears that asks whether a page may send its request."""
        usual = super().preflight_response(request_headers)
        if usual.status_code < 400:
            return usual
        kept = {name: value for name, value in usual.headers.items() if not name.startswith("content-")}
        if not self.is_allowed_origin(request_headers["origin"]):
            return answer(403, not_allowed(request_headers["origin"]), headers=kept)
        method = shown(request_headers["access-control-request-method"], 20)
        message = f"Web pages may send {', '.join(METHODS[:-1])} and {METHODS[-1]} here, not {method!r}."
        return answer(405, message, headers={**kept, "Allow": ", ".join(METHODS)})
