"""What an operator says in the environment, to the HTTP API and the web app alike."""

from __future__ import annotations

import os
from collections.abc import Iterable
from urllib.parse import SplitResult, urlsplit

from specwhisper.errors import OptionError
from specwhisper.names import shown

HOSTS_VARIABLE = "SPECWHISPER_ALLOWED_HOSTS"
ORIGINS_VARIABLE = "SPECWHISPER_CORS_ORIGINS"

PROXIES_VARIABLE = "FORWARDED_ALLOW_IPS"
"""Uvicorn's: from there the address of a client is believed. Unlike uvicorn we believe nobody who is not
named, or every program of this machine could be as many clients as it likes."""


def checked_origins(origins: Iterable[str]) -> tuple[str, ...]:
    """Origins of web pages as browsers send them; ``*`` means any.

    Raises:
        OptionError: one of them is no origin, so no page could ever match it.
    """
    return tuple(map(_origin, origins))


def _origin(text: str) -> str:
    if text == "*":
        return text
    try:
        parts = urlsplit(text.rstrip("/").lower())
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.geturl() != _bare(parts):
        raise OptionError(
            f"'{shown(text)}' is no origin of web pages: write it as https://example.org or "
            "http://localhost:3000, or * for any."
        )
    usual = {"http": 80, "https": 443}[parts.scheme]
    return parts.geturl().removesuffix(f":{usual}") if port == usual else parts.geturl()


def _bare(parts: SplitResult) -> str:
    """Scheme, host and port alone."""
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def listed(variable: str) -> tuple[str, ...]:
    """A list with commas between its entries; blanks around them do not count, nor do empty ones."""
    return tuple(filter(None, (entry.strip() for entry in os.environ.get(variable, "").split(","))))
