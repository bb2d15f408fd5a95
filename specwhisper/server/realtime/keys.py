"""API keys of clients that can send no headers."""

from __future__ import annotations

from collections.abc import Iterable

_NAMES = "openai-insecure-api-key."


def key_in(subprotocols: Iterable[str]) -> str:
    """The API key that a browser names as a subprotocol of its WebSocket; empty where it names none."""
    return next((each.removeprefix(_NAMES) for each in subprotocols if each.startswith(_NAMES)), "")
