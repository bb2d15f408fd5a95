"""Memory that was freed, given back to the system."""

from __future__ import annotations

import ctypes

_M_ARENA_MAX = -8  # see mallopt(3)
_ARENAS = 2


def few_arenas() -> None:
    """Let many threads share little freed memory, where the C library can be asked (glibc).

    By default every thread keeps what it freed for itself; a server with dozens of them that take turns at
    large buffers would hold all of it.
    """
    try:
        ctypes.CDLL("libc.so.6").mallopt(_M_ARENA_MAX, _ARENAS)
    except (OSError, AttributeError):
        return  # another system


def give_back() -> None:
    """Let the C library return what it keeps of freed memory, where it can be asked (glibc).

    Reading weights needs most of them twice for a moment; what is freed then would stay with the process
    (small+tiny: 0.9 GB).
    """
    try:
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    except (OSError, AttributeError):
        return  # another system: it has its own ways
