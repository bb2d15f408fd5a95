"""How rows by the hundred are cut into portions that threads claim."""

from __future__ import annotations

import numpy as np
from numba import types

from specwhisper.network.cpu.jit import by_type, compiled
from specwhisper.network.cpu.matrix_unit import ROWS as TILE
from specwhisper.network.cpu.tiles import BLOCK, MOST_ROWS

LITTLE = np.int64(2 * MOST_ROWS)
"""Rows of a small portion: fewer would wait for weights."""

TALL_BLOCK, TALL_LITTLE = np.int64(4 * TILE), np.int64(2 * TILE)
"""The same of rows in parts (see :mod:`bf16x3`): whole tiles."""


def sizes_of(kind):  # type: ignore[no-untyped-def]
    """Rows of a large portion and of a small one, for rows of the numbers that the array ``kind`` has."""
    raise NotImplementedError("for compiled callers")


@by_type(sizes_of)
def _sizes_of(kind):  # type: ignore[no-untyped-def]
    if kind.dtype == types.uint16:
        return lambda kind: (TALL_BLOCK, TALL_LITTLE)
    return lambda kind: (np.int64(BLOCK), LITTLE)


@compiled
def portions_of(rows, team, sizes):  # type: ignore[no-untyped-def]
    """Into how many portions to cut rows, see :func:`edge_of`."""
    (block, little), large = sizes, _large(rows, team, sizes)
    return (large + block - 1) // block + (rows - large + little - 1) // little


@compiled
def edge_of(part, rows, team, sizes):  # type: ignore[no-untyped-def]
    """The first row of a portion: they have the first of two sizes, and the last ones the second.

    At the end of a phase everybody waits for whoever is last; so what is claimed last must not take long.
    """
    (block, little), large = sizes, _large(rows, team, sizes)
    portions = (large + block - 1) // block
    if part <= portions:
        return min(part * block, large)
    return min(large + (part - portions) * little, rows)


@compiled
def _large(rows, team, sizes):  # type: ignore[no-untyped-def]
    """How many rows go in large portions."""
    return max(rows - team * sizes[0], 0)
