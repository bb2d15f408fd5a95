"""Memory that was freed, given back to the system."""

from __future__ import annotations

import ctypes


def give_back() -> None:
    """Let the C library return what it keeps of freed memory, where it can be asked (glibc).

    Reading weights needs most of them twice for a moment; what is freed then would stay with the process
    (small+tiny: 0.9 GB).
    """
    try:
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    except (OSError, AttributeError):
        return  # another system: it has its own ways
