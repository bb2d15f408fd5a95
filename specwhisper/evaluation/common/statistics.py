"""How sure a figure over a set of clips is: bootstrap intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

DRAWS = 2_000
_LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """A ratio of sums over clips, and its 95% interval (equal to it where one clip is all there is)."""

    value: float
    low: float
    high: float


def ratio(upper: Sequence[float], lower: Sequence[float], seed: int = 0) -> Estimate | None:
    """Sum of ``upper`` / sum of ``lower`` over the clips, with the percentile bootstrap over clips.

    Efron & Tibshirani 1993, "An Introduction to the Bootstrap", chapter 13; clips are what is drawn, as in
    Bisani & Ney 2004 for word error rates.

    Returns:
        None when ``lower`` adds up to nothing.
    """
    above, below = np.asarray(upper, np.float64), np.asarray(lower, np.float64)
    if below.sum() <= 0:
        return None
    drawn = np.random.default_rng(seed).integers(0, len(above), (DRAWS, len(above)))
    sums = below[drawn].sum(axis=1)
    possible = sums > 0
    values = above[drawn].sum(axis=1)[possible] / sums[possible]
    low, high = np.quantile(values, [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2])
    return Estimate(float(above.sum() / below.sum()), float(low), float(high))
