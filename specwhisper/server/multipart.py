"""Recordings in forms, also of clients that name them in another way than browsers do, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextlib import aclosing
from email.message import Message
from email.utils import collapse_rfc2231_value
from typing import Any

from fastapi import HTTPException, Request, Response
from fastapi.routing import APIRoute
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser

from specwhisper.server.sentences import RECORDINGS, about_form
from specwhisper.web.problem import not_kept

_URL_ENCODED = b"application/x-www-form-urlencoded"


class FormRoute(APIRoute):
    """A route whose forms are read with :class:`Parts`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        usual = super().get_route_handler()

        async def handle(request: Request) -> Response:
            return await usual(FormRequest(request.scope, request.receive))

        return handle


class FormRequest(Request):
    """Starlette's, with another parser and a word on a full disk."""

    async def _get_form(self, **limits: Any) -> FormData:
        kind, _ = parse_options_header(self.headers.get("Content-Type"))
        if self._form is None and kind in (b"multipart/form-data", _URL_ENCODED):
            if kind == _URL_ENCODED:
                limits.pop("max_files", None)
            reader = FormParser if kind == _URL_ENCODED else Parts
            try:
                async with aclosing(self.stream()) as pieces:
                    self._form = await reader(self.headers, pieces, **limits).parse()
            except MultiPartException as error:
                raise HTTPException(400, about_form(error.message)) from error
            except FormParserError as error:
                raise HTTPException(400, about_form(str(error))) from error
            except OSError as error:
                raise not_kept(error) or error from error
        return await super()._get_form(**limits)


class Parts(MultiPartParser):
    """A parser that takes a part for a file by its field's name, where no ``filename`` says so, and that
    refuses a form without its last boundary: Starlette's leaves out the part that breaks off.

    RFC 7578 wants ``filename``; some libraries write only ``filename*`` (RFC 5987) or nothing.
    """

    _ended = False

    async def parse(self) -> FormData:
        form = await super().parse()
        if not self._ended:
            for (
                file
            ) in self._files_to_close_on_error:  # also the part that breaks off, which is not in the form
                file.close()
            raise MultiPartException("No last boundary")
        return form

    def on_end(self) -> None:
        self._ended = True

    def on_headers_finished(self) -> None:
        part = self._current_part
        _, options = parse_options_header(part.content_disposition)
        if (
            options.get(b"name", b"").decode("latin-1") in RECORDINGS
            and b"filename" not in options
            and part.content_disposition
        ):
            name = _extended_name(part.content_disposition) or "recording"
            quoted = name.replace("\\", "_").replace('"', "_").encode("utf-8", "replace")
            part.content_disposition += b'; filename="' + quoted + b'"'
        super().on_headers_finished()


def _extended_name(disposition: bytes) -> str:
    """What ``filename*=UTF-8''a%20b.wav`` says; empty where it says nothing."""
    message = Message()
    message["Content-Disposition"] = disposition.decode("latin-1").translate({10: " ", 13: " "})
    try:
        return collapse_rfc2231_value(message.get_param("filename", "", "content-disposition") or "")
    except (LookupError, ValueError):  # a character set that does not exist
        return ""
