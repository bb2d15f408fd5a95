"""Arrays that begin at a cache line: what straddles two of them takes twice as long to load."""

from __future__ import annotations

import numpy as np

from specwhisper.network.cpu.jit import compiled

LINE = 64
"""Bytes of a cache line, and of the widest vector."""


def empty(shape: tuple[int, ...], kind: type[np.generic]) -> np.ndarray:
    """An array with anything in it."""
    size = np.dtype(kind).itemsize
    count = int(np.prod(shape))
    there = np.empty(count + LINE // size, kind)
    skipped = -there.ctypes.data % LINE // size
    return there[skipped : skipped + count].reshape(shape)


@compiled
def in_lines(rows, columns, like):  # type: ignore[no-untyped-def]
    """The same in compiled code: [rows, columns] of the kind of the array ``like``."""
    size = like.itemsize
    there = np.empty(rows * columns + LINE // size, like.dtype)
    skipped = (-there.ctypes.data % LINE) // size
    return there[skipped : skipped + rows * columns].reshape(rows, columns)
