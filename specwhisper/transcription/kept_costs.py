"""What steps cost on this machine, kept between loads: to measure it takes longer than all else of a load."""

from __future__ import annotations

import json
import os
import platform
import time
from contextlib import suppress
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path

import torch

from specwhisper.decoding.costs import LENGTHS, WIDTHS, WIDTHS_OF_A_BATCH, Costs
from specwhisper.network.cpu.jit import features
from specwhisper.network.cpu.kernel_cache import kernel_folder
from specwhisper.network.cpu.thread_pool import threads
from specwhisper.storage.folder import put_if_free, store_folder
from specwhisper.transcription.model import Model

_DAYS = 30
"""After which costs are measured again: machines change."""

LOADS = 3
"""So many loads measure, and the least counts: who shares the processor may have been busy at one moment, and
that cannot be seen from here.
"""


def kept_costs(main: Model, draft: Model, rows: int) -> tuple[Costs, int] | None:
    """The costs that :func:`keep_costs` kept for this pair on this machine, and how many loads have measured
    them; None where there are none.
    """
    path = _path(main, draft, rows)
    try:
        if time.time() - path.stat().st_mtime > _DAYS * 24 * 3600:
            return None
        stored = json.loads(path.read_bytes())
        verify, encode = (tuple(float(each) for each in stored[name]) for name in ("verify", "encode"))
        costs, loads = Costs(float(stored["draft"]), verify, encode), int(stored["loads"])
    except (OSError, ValueError, KeyError, TypeError):  # not there, or damaged
        return None
    complete = len(costs.verify) == WIDTHS[-1] and len(costs.encode) == (0 if draft is main else len(LENGTHS))
    sane = complete and min(costs.draft, *costs.verify, *costs.encode) > 0
    return (costs, loads) if sane else None


def keep_costs(main: Model, draft: Model, rows: int, costs: Costs, loads: int = 1) -> None:
    """Keep costs that so many loads have measured for later ones, if the store can be written just now."""
    content = json.dumps({**asdict(costs), "loads": loads}).encode()
    put_if_free(_path(main, draft, rows), lambda path: path.write_bytes(content))


def forget_costs() -> None:
    """Have all pairs measured anew when they are loaded the next time."""
    for path in _folder().glob("*.json"):
        with suppress(OSError):
            path.unlink()


def _folder() -> Path:
    return store_folder() / "costs"


def _path(main: Model, draft: Model, rows: int) -> Path:
    """Named after the pair and the machine, then after all that the costs depend on."""
    models = [(each.name, asdict(each.network.dims), each.margin, each.files) for each in (main, draft)]
    numbers = [getattr(each.network.decoder, "numbers", None) for each in (main, draft)]
    machine = (platform.node(), platform.machine(), os.cpu_count(), sorted(features()), threads())
    depends = (
        models,
        numbers,
        rows,
        machine,
        kernel_folder().name,
        torch.__version__,
        WIDTHS,
        WIDTHS_OF_A_BATCH,
        LENGTHS,
    )
    digest = sha256(repr(depends).encode()).hexdigest()
    return _folder() / f"{digest[:24]}.json"
