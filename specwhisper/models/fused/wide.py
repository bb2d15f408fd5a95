"""A linear layer over hundreds of rows, as the encoder has them."""

from __future__ import annotations

import numpy as np

from specwhisper.models.fused.jit import compiled
from specwhisper.models.fused.passes import SET, group_of, narrow_rows
from specwhisper.models.fused.tiles import BLOCK, GROUP, MOST_ROWS, STAYS, TAIL


@compiled
def through_layer(me, team, x, weight, scale, bias, kind, sum_kind, out):  # type: ignore[no-untyped-def]
    """``x`` [R, in] to ``out`` [R, out rounded up to 64], a share of the rows per thread.

    ``kind`` and ``sum_kind`` are arrays whose dtypes say what is multiplied and what is added up.
    """
    rows, inputs = x.shape
    narrowed = np.empty((BLOCK, inputs + TAIL), kind.dtype)
    sums = np.empty((MOST_ROWS, GROUP), sum_kind.dtype)
    scales = np.empty(BLOCK, np.float32)
    last = rows * (me + 1) // team
    for first in range(rows * me // team, last, BLOCK):
        some = min(BLOCK, last - first)
        narrow_rows(x[first : first + some], some, narrowed, scales)
        for group in range(scale.shape[0] // GROUP):
            group_of(
                weight, group, narrowed, scales, some, inputs, scale, bias, sums,
                out[first : first + some], group * GROUP, SET, STAYS,
            )  # fmt: skip
