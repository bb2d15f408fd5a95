"""Room on the disk for weights: whether there is enough, and what to say where there is not."""

from __future__ import annotations

import errno
import re
import shutil
from pathlib import Path

from specwhisper.errors import ModelError

_LITTLE = 1 << 20  # bytes
_FULL = frozenset((errno.ENOSPC, errno.EDQUOT))
_SAYS_FULL = re.compile(r"no space left|not enough space|insufficient space|\bENOSPC\b|quota exceeded", re.I)


def is_full(error: BaseException) -> bool:
    """Whether an error, also one that a downloader only quotes, says that the disk is full."""
    return (isinstance(error, OSError) and error.errno in _FULL) or bool(_SAYS_FULL.search(str(error)))


def free_bytes(folder: Path) -> int | None:
    """Room on the disk of a folder; None where the system does not tell."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None


def nothing_left(folder: Path) -> bool:
    """Whether a downloader that failed may have had no room even to say so."""
    free = free_bytes(folder)
    return free is not None and free < _LITTLE


def no_room(folder: Path, needed: int | None, variable: str = "SPECWHISPER_CACHE") -> ModelError:
    """The sentence for a full disk.

    Args:
        folder: where the weights were to go.
        needed: bytes; None when nobody knows.
        variable: of the environment, that names another folder.
    """
    free = free_bytes(folder)
    facts = [f"{_size(needed)} needed"] if needed is not None else []
    facts += [f"{_size(free)} free"] if free is not None else []
    said = f" ({', '.join(facts)})" if facts else ""
    return ModelError(
        f"The disk is full: weights do not fit into {folder}{said}: make room, or set {variable} to a folder "
        "on another disk."
    )


def _size(count: int) -> str:
    return f"{count / 1e9:,.1f} GB" if count >= 1e9 else f"{count / 1e6:,.0f} MB"
