"""Deciding on a token: the best of a row, its probability, its lead over the second."""

from __future__ import annotations

import numpy as np

from specwhisper.network.cpu.jit import compiled, summing
from specwhisper.network.cpu.maths import exponential, largest_of

_BLOCK = 1024


@compiled
def best_and_probability(row):  # type: ignore[no-untyped-def]
    """The first of the largest logits of a row [V], and its softmax probability."""
    best, largest = _best(row)
    return best, np.float32(1.0) / _shares(row, largest)


@compiled
def best_and_gap(row):  # type: ignore[no-untyped-def]
    """The first of the largest logits of a row [V], and its lead over the second largest."""
    best, largest = _best(row)
    second = max(largest_of(row[:best]), largest_of(row[best + 1 :]))
    return best, largest - second


@summing
def _shares(row, largest):  # type: ignore[no-untyped-def]
    total = np.float32(0.0)
    for i in range(row.shape[0]):
        total += exponential(row[i] - largest)
    return total


@compiled
def best_of(row):  # type: ignore[no-untyped-def]
    """The first of the largest logits of a row [V]."""
    return _best(row)[0]


@compiled
def _best(row):  # type: ignore[no-untyped-def]
    # Finding the maximum is quick work for a vector unit, finding its place is not: so only in its block.
    largest, best, size = np.float32(-np.inf), 0, row.shape[0]
    for first in range(0, size, _BLOCK):
        of_block = largest_of(row[first : min(first + _BLOCK, size)])
        if of_block > largest:
            largest, best = of_block, first
    while best < size - 1 and row[best] != largest:
        best += 1
    return best, largest
