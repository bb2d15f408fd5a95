"""A request's body as it comes: how much, and how slowly."""

from __future__ import annotations

import asyncio
import contextlib
import time

from starlette.exceptions import HTTPException
from starlette.types import Message, Receive

PAUSE = 20.0
"""Seconds that a sender may send nothing at all."""

SLOW_START = 60.0
SLOWEST = 1024.0
"""So many seconds of waiting for a body are free; then it must have come with so many bytes a second."""


class TooLargeError(HTTPException):
    """The body is larger than allowed; raised while it is read."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            413,
            f"The request is larger than {limit / 2**20:g} MiB: send a shorter or compressed recording, or "
            "raise the server's limit (serve --max-upload-mb).",
        )


class TooSlowError(HTTPException):
    """The body does not come any more; raised while it is waited for."""

    def __init__(self) -> None:
        super().__init__(408, "The rest of the request did not come in time: send it again, without pauses.")


class Body:
    """ASGI's ``receive`` with limits.

    Args:
        limit: bytes; its stated length may be missing or a lie. None for any.
        ended: whether there is no body at all.
    """

    def __init__(self, receive: Receive, limit: int | None = None, *, ended: bool = False) -> None:
        self._receive = receive
        self._limit = limit
        self._taken = 0
        self._waited = 0.0
        self._late = False
        self.ended = ended

    async def __call__(self) -> Message:
        message = await self._next()
        if self._limit is not None and self._taken > self._limit:
            raise TooLargeError(self._limit)
        return message

    async def drop(self, seconds: float) -> None:
        """Take in the rest and throw it away, for so long at most."""
        with contextlib.suppress(TimeoutError, TooSlowError):
            async with asyncio.timeout(seconds):
                while not self.ended and not self._late:
                    await self._next()

    async def _next(self) -> Message:
        message = await (self._receive() if self.ended else self._in_time())
        if message["type"] == "http.request":
            self._taken += len(message.get("body", b""))
            self.ended = not message.get("more_body", False)
        else:
            self.ended = True
        return message

    async def _in_time(self) -> Message:
        """The next piece. Only waiting for the sender counts, not what is done with the pieces."""
        left = SLOW_START + self._taken / SLOWEST - self._waited
        began = time.monotonic()
        try:
            async with asyncio.timeout(max(0.0, min(PAUSE, left))):
                return await self._receive()
        except TimeoutError:
            self._late = True
            raise TooSlowError from None
        finally:
            self._waited += time.monotonic() - began
