"""Addresses that servers listen on, of both kinds (IPv4 and IPv6), and how a browser spells them."""

from __future__ import annotations

import os
import socket

from specwhisper.errors import OptionError
from specwhisper.names import shown

_EVERY = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}
"""Hosts that mean every address of this machine -> the one by which this machine itself gets there."""


def bare_host(host: str) -> str:
    """The host without the brackets of a URL."""
    return host[1:-1] if host.startswith("[") and host.endswith("]") else host


def url_of(host: str, port: int) -> str:
    """What to type into a browser on this machine."""
    host = bare_host(host)
    host = _EVERY.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _reason(error: OSError | UnicodeError) -> str:
    """What is wrong with an address. Python's own words for it repeat the address."""
    if isinstance(error, UnicodeError):
        return "it is no address"
    if isinstance(error, socket.gaierror) or not error.errno:
        return error.strerror or str(error)
    return os.strerror(error.errno)


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; ``::`` takes IPv4 as well.

    Raises:
        OptionError: it cannot be had.
    """
    bare = bare_host(host)
    if not 0 <= port <= 65_535:
        raise OptionError(f"Port {port} does not exist: choose one from 0 (any that is free) to 65535.")
    try:
        found = socket.getaddrinfo(
            bare or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE if not bare else 0
        )
        # Of a name that means both (localhost), the one that every client tries.
        family, _, _, _, address = min(found, key=lambda one: one[0] != socket.AF_INET)
        both = bare == "::" and socket.has_dualstack_ipv6()
        return socket.create_server(address, family=family, dualstack_ipv6=both)
    except (OSError, UnicodeError) as error:
        reason = _reason(error)
        where = f"{shown(host)}:{port}" if port else shown(host)
        raise OptionError(f"{where} cannot be used ({reason}): choose another --host or --port.") from error
