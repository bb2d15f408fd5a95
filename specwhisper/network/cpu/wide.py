"""A linear layer over hundreds of rows, as the encoder has them."""

from __future__ import annotations

import numpy as np

from specwhisper.network.cpu.barrier import claim, finish, wait
from specwhisper.network.cpu.encode import edge_of, portions_of
from specwhisper.network.cpu.jit import compiled
from specwhisper.network.cpu.passes import SET, group_of, narrow_rows
from specwhisper.network.cpu.tiles import BLOCK, GROUP, STAYS, TAIL


@compiled
def through_layer(  # type: ignore[no-untyped-def]
    team, gate, phase, x, weight, scale, bias, kind, sum_kind, out
):
    """``x`` [R, in] to ``out`` [R, out rounded up to 64]; returns the phase after.

    ``kind`` and ``sum_kind`` are arrays whose dtypes say what is multiplied and what is added up.
    """
    rows, inputs = x.shape
    narrowed = np.empty((BLOCK, inputs + TAIL), kind.dtype)
    sums = np.empty((BLOCK, GROUP), sum_kind.dtype)
    scales = np.empty(BLOCK, np.float32)
    portions = portions_of(rows, team)
    wait(gate, phase)
    part = claim(gate, phase, portions)
    while part >= 0:
        first, last = edge_of(part, rows, team), edge_of(part + 1, rows, team)
        narrow_rows(x[first:last], last - first, narrowed, scales)
        for group in range(scale.shape[0] // GROUP):
            group_of(
                weight, group, narrowed, scales, last - first, inputs, scale, bias, sums,
                out[first:last], group * GROUP, SET, STAYS,
            )  # fmt: skip
        finish(gate, phase, portions)
        part = claim(gate, phase, portions)
    return phase + 1
