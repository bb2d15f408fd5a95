"""``python -m specwhisper serve``: its options."""

from __future__ import annotations

import argparse
from math import isfinite
from typing import Any

from specwhisper.errors import OptionError
from specwhisper.server.settings import KEYS_VARIABLE, ServerSettings, keys_from_environment
from specwhisper.service.job import PRECISIONS
from specwhisper.web.environment import HOSTS_VARIABLE, ORIGINS_VARIABLE, listed

_MIB, _GIB = 2**20, 2**30


def add_parser(subparsers: Any) -> None:
    """Register the subcommand."""
    usual = ServerSettings()
    parser = subparsers.add_parser(
        "serve",
        help="serve the HTTP API (OpenAI's clients work unchanged)",
        description=f"Serve the HTTP API. API keys are taken from {KEYS_VARIABLE}, with commas between them.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="(default: %(default)s, this machine only)")
    parser.add_argument("--port", type=int, default=8000, help="(default: %(default)s)")
    parser.add_argument("--pair", help="loaded first, and used when a request names none")
    parser.add_argument("--device", default=usual.device, help="auto, cpu or cuda (default: %(default)s)")
    parser.add_argument(
        "--precision",
        choices=PRECISIONS,
        default=usual.precision,
        help="of the pair (default: %(default)s)",
    )
    parser.add_argument(
        "--max-upload-mb", type=float, default=usual.max_upload_bytes / _MIB, help="(default: %(default)g)"
    )
    parser.add_argument(
        "--max-seconds", type=float, default=usual.max_seconds, help="of one recording (default: %(default)g)"
    )
    parser.add_argument(
        "--max-waiting", type=int, default=usual.max_waiting, help="then 429 (default: %(default)s)"
    )
    parser.add_argument(
        "--timeout", type=float, default=usual.timeout, help="seconds to wait and work (default: %(default)g)"
    )
    parser.add_argument(
        "--keep-loaded", type=int, default=usual.keep_loaded, help="pairs in memory (default: %(default)s)"
    )
    parser.add_argument("--memory-gb", type=float, help="of weights in memory (default: any)")
    parser.add_argument(
        "--cors-origin",
        action="append",
        default=[],
        metavar="URL",
        help=f"web pages from there may ask (also from {ORIGINS_VARIABLE}, with commas)",
    )
    parser.add_argument(
        "--allowed-host",
        action="append",
        default=[],
        metavar="NAME",
        help="another name than localhost under which this machine itself asks, such as that of a proxy "
        f"(also from {HOSTS_VARIABLE}, with commas)",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Serve until stopped.

    Raises:
        OptionError: an option makes no sense, or the port is taken.
    """
    settings = ServerSettings(
        pair=arguments.pair,
        device=arguments.device,
        precision=arguments.precision,
        max_upload_bytes=_bytes("--max-upload-mb", arguments.max_upload_mb, _MIB),
        max_seconds=arguments.max_seconds,
        max_waiting=arguments.max_waiting,
        timeout=arguments.timeout,
        keep_loaded=arguments.keep_loaded,
        memory_budget=None
        if arguments.memory_gb is None
        else _bytes("--memory-gb", arguments.memory_gb, _GIB),
        api_keys=keys_from_environment(),
        cors_origins=(*arguments.cors_origin, *listed(ORIGINS_VARIABLE)),
        allowed_hosts=(*arguments.allowed_host, *listed(HOSTS_VARIABLE)),
    )
    from specwhisper.server.serve import serve

    serve(settings, host=arguments.host, port=arguments.port)
    return 0


def _bytes(option: str, number: float, unit: int) -> int:
    if not (isfinite(number) and number > 0):
        raise OptionError(f"{option} must be a number above zero, not {number:g}.")
    return int(number * unit)
