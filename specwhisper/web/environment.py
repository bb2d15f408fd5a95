"""What an operator says in the environment, to the HTTP API and the web app alike."""

from __future__ import annotations

import os

HOSTS_VARIABLE = "SPECWHISPER_ALLOWED_HOSTS"
ORIGINS_VARIABLE = "SPECWHISPER_CORS_ORIGINS"

PROXIES_VARIABLE = "FORWARDED_ALLOW_IPS"
"""Uvicorn's: from there the address of a client is believed. Unlike uvicorn we believe nobody who is not
named, or every program of this machine could be as many clients as it likes."""


def listed(variable: str) -> tuple[str, ...]:
    """A list with commas between its entries; blanks around them do not count, nor do empty ones."""
    return tuple(filter(None, (entry.strip() for entry in os.environ.get(variable, "").split(","))))
