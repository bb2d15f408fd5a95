"""What an operator says in the environment, to the HTTP API and the web app alike."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from urllib.parse import SplitResult, urlsplit

from specwhisper.errors import OptionError
from specwhisper.names import shown

HOSTS_VARIABLE = "SPECWHISPER_ALLOWED_HOSTS"
ORIGINS_VARIABLE = "SPECWHISPER_CORS_ORIGINS"

_HOST = re.compile(r"\*|(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?")

PORT_VARIABLE, MOST_PORTS = "GRADIO_SERVER_PORT", 65_535

PROXIES_VARIABLE = "FORWARDED_ALLOW_IPS"
"""Uvicorn's: from there the address of a client is believed. Unlike uvicorn we believe nobody who is not
named, or every program of this machine could be as many clients as it likes."""


def chosen_port(given: int | None) -> int | None:
    """The port of the app: as given, else from GRADIO_SERVER_PORT; None: the usual one or the next free.

    To be asked before Gradio is imported, which trips over a variable that holds no number.

    Raises:
        OptionError: there is no such port.
    """
    said = os.environ.get(PORT_VARIABLE, "")
    if not given and said and not said.isdecimal():
        raise OptionError(f"{PORT_VARIABLE} must be a port number, not '{shown(said)}'.")
    port = given or (int(said) if said else None)
    if port is not None and not 0 <= port <= MOST_PORTS:
        raise OptionError(f"Port {port} does not exist: choose one up to {MOST_PORTS}.")
    return port


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


def checked_hosts(hosts: Iterable[str]) -> tuple[str, ...]:
    """Names as they stand in the header Host; ``*`` means any.

    Raises:
        OptionError: one of them is no name, so no request could ever use it.
    """
    checked = tuple(hosts)
    for host in checked:
        if not _HOST.fullmatch(host.lower()):
            raise OptionError(
                f"'{shown(host)}' is no name of a host: write it as proxy.example or [::1], without http:// "
                "and without a path, or * for any."
            )
    return checked


def _bare(parts: SplitResult) -> str:
    """Scheme, host and port alone."""
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def listed(variable: str) -> tuple[str, ...]:
    """A list with commas between its entries; blanks around them do not count, nor do empty ones."""
    return tuple(filter(None, (entry.strip() for entry in os.environ.get(variable, "").split(","))))
