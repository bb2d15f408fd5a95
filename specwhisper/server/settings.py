"""What an operator of the HTTP API can set, checked once."""

from __future__ import annotations

import os
from dataclasses import dataclass

from specwhisper.errors import OptionError
from specwhisper.web.environment import checked_hosts, checked_origins, listed
from specwhisper.web.limits import check_limits

KEYS_VARIABLE = "SPECWHISPER_API_KEYS"


def keys_from_environment() -> tuple[str, ...]:
    """The operator's API keys: not an option, for options can be read by everybody on the machine.

    Raises:
        OptionError: the variable is there, but holds no key, or one that no client can send.
    """
    keys = listed(KEYS_VARIABLE)
    if not keys and KEYS_VARIABLE in os.environ:
        raise OptionError(f"{KEYS_VARIABLE} holds no key: put one in, or unset it to serve everybody.")
    return keys


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Limits and safety.

    Attributes:
        pair: what is loaded at start and used when a request names no model; None: the device's default.
        device, precision: see ``specwhisper.load``.
        max_upload_bytes: of a whole request; enforced while it is read.
        max_seconds: of one recording; enforced while it is decoded.
        max_files: of a batch.
        max_waiting: requests that may wait; the next one is told to come again (429).
        timeout: seconds that a request may wait and work.
        keep_loaded: pairs that stay in memory.
        memory_budget: bytes of weights that may stay in memory; None for any.
        api_keys: one of them has to be sent as ``Authorization: Bearer KEY``; none: everybody may.
        cors_origins: web pages from there may use the API; none: only programs, and its own pages.
        allowed_hosts: names by which it is called over the loopback, beside those of the loopback itself.
    """

    pair: str | None = None
    device: str = "auto"
    precision: str = "auto"
    max_upload_bytes: int = 100 * 2**20
    max_seconds: float = 2 * 3600.0
    max_files: int = 32
    max_waiting: int = 64
    timeout: float = 600.0
    keep_loaded: int = 2
    memory_budget: int | None = None
    api_keys: tuple[str, ...] = ()
    cors_origins: tuple[str, ...] = ()
    allowed_hosts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_limits(
            self, "max_upload_bytes", "max_seconds", "max_files", "max_waiting", "timeout", "keep_loaded"
        )
        if not all(key.isascii() and key.isprintable() for key in self.api_keys):
            raise OptionError("An API key holds a character that no header carries: use letters and digits.")
        object.__setattr__(self, "cors_origins", checked_origins(self.cors_origins))
        object.__setattr__(self, "allowed_hosts", checked_hosts(self.allowed_hosts))
