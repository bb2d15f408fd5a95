"""Who may ask: the name that a request calls this server, and the web page that sends it.

A page of a stranger can make somebody's browser send a form to a server on the same machine, and it can let
its own name point there (DNS rebinding). Both show in headers that no page forges: Host, Origin and
Sec-Fetch-Site.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

from specwhisper.web.environment import HOSTS_VARIABLE, ORIGINS_VARIABLE

ANY = "*"
_ECHOED = 100  # characters of what a stranger sent


@dataclass(frozen=True, slots=True)
class Visitors:
    """Whom to answer.

    Attributes:
        hosts: names that this server may be called over the loopback, beside those of the loopback itself
            (a proxy on the same machine passes on its own); ``*`` for any.
        origins: web pages from there may ask; ``*`` for any. Its own pages always may.
    """

    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()

    def wrong_name(self, scope: Scope) -> str | None:
        """Why this request is not answered, in a sentence: over the loopback it uses a name of elsewhere."""
        host = Headers(scope=scope).get("host", "")
        if not host or not is_local(scope) or self._knows(host):
            return None
        return (
            f"This server is called localhost, not {host[:_ECHOED]!r}: allow the name with --allowed-host "
            f"or in {HOSTS_VARIABLE}."
        )

    def foreign_page(self, scope: Scope) -> str | None:
        """Why this request is not answered, in a sentence: a page of somebody else sent it."""
        headers = Headers(scope=scope)
        if not self._foreign(scope.get("method", "GET"), headers):
            return None
        return not_allowed(headers.get("origin", "another site"))

    def _knows(self, host: str) -> bool:
        name = _name(host)
        return ANY in self.hosts or is_loopback(name) or name in map(_name, self.hosts)

    def _foreign(self, method: str, headers: Headers) -> bool:
        origin, site = headers.get("origin"), headers.get("sec-fetch-site")
        if ANY in self.origins or origin in self.origins or site in ("same-origin", "none"):
            return False
        if method in ("GET", "HEAD") and headers.get("sec-fetch-mode") == "navigate":
            return False  # a link that somebody followed: the page it stands on sees nothing of the answer
        if origin is None:
            return site == "cross-site"
        return not _same(origin, headers.get("host", ""))


def not_allowed(page: str) -> str:
    """The sentence for a web page that may not ask.

    Args:
        page: its origin.
    """
    return (
        f"Web pages of {page[:_ECHOED]!r} may not use this server: allow them with --cors-origin "
        f"or in {ORIGINS_VARIABLE}."
    )


def is_local(scope: Scope) -> bool:
    """Whether a request came over the loopback."""
    server = scope.get("server") or ("",)
    return is_loopback(str(server[0]))


def is_loopback(name: str) -> bool:
    """Whether a name or address means this machine itself."""
    try:
        address = ip_address(name.strip("[]"))
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback


def binds_all(host: str) -> bool:
    """Whether a server bound there is reached from everywhere, under names that nobody can list."""
    try:
        return not host or ip_address(host.strip("[]")).is_unspecified
    except ValueError:
        return False


def _name(host: str) -> str:
    """``Localhost:8000`` or ``[::1]:8000`` without the port."""
    host = host.strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].rstrip(".")


def _same(origin: str, host: str) -> bool:
    try:
        parts = urlsplit(origin.lower())
        usual = {"http": ":80", "https": ":443"}.get(parts.scheme, "")
    except ValueError:
        return False
    return bool(parts.netloc) and parts.netloc.removesuffix(usual) == host.lower().removesuffix(usual)
