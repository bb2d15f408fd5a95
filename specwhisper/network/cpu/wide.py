"""Hundreds of rows, as the encoder has them: a linear layer, and what comes before one."""

from __future__ import annotations

import numpy as np

from specwhisper.network.cpu.aligned import in_lines
from specwhisper.network.cpu.barrier import claim, finish, wait
from specwhisper.network.cpu.jit import compiled
from specwhisper.network.cpu.maths import width_of
from specwhisper.network.cpu.matrix_unit import configure, release
from specwhisper.network.cpu.passes import SET, group_of, narrow_rows
from specwhisper.network.cpu.portions import edge_of, portions_of, sizes_of
from specwhisper.network.cpu.tiles import GROUP, MATRIX


@compiled
def through_layer(  # type: ignore[no-untyped-def]
    team, gate, phase, x, weight, scale, bias, kind, sum_kind, out, fetch
):
    """``x`` [R, in] to ``out`` [R, out rounded up to 64]; returns the phase after.

    ``kind`` and ``sum_kind`` are arrays whose dtypes say what is multiplied and what is added up; for
    ``fetch`` see :func:`specwhisper.network.cpu.passes.times`.
    """
    rows, inputs = x.shape
    sizes = sizes_of(kind)
    narrowed = in_lines(sizes[0], width_of(inputs, kind), kind)
    sums = in_lines(sizes[0], GROUP, sum_kind)
    scales = np.empty(sizes[0], np.float32)
    if fetch == MATRIX:
        configure()
    portions = portions_of(rows, team, sizes)
    wait(gate, phase)
    part = claim(gate, phase, portions)
    while part >= 0:
        first, last = edge_of(part, rows, team, sizes), edge_of(part + 1, rows, team, sizes)
        narrow_rows(x[first:last], last - first, narrowed, scales)
        for group in range(scale.shape[0] // GROUP):
            group_of(
                weight, group, narrowed, scales, last - first, inputs, scale, bias, sums,
                out[first:last], group * GROUP, SET, fetch,
            )  # fmt: skip
        finish(gate, phase, portions)
        part = claim(gate, phase, portions)
    if fetch == MATRIX:
        release()
    return phase + 1


@compiled
def through_narrowing(team, gate, phase, x, out, scales):  # type: ignore[no-untyped-def]
    """Rows as kernels take them, for several layers that read the same; returns the phase after.

    Args:
        x: [R, in] float32.
        out: [R', as wide as :func:`width_of` says], in lines and R' a multiple of a large portion's rows.
        scales: [R].
    """
    rows, sizes = x.shape[0], sizes_of(out)
    portions = portions_of(rows, team, sizes)
    wait(gate, phase)
    part = claim(gate, phase, portions)
    while part >= 0:
        first, last = edge_of(part, rows, team, sizes), edge_of(part + 1, rows, team, sizes)
        narrow_rows(x[first:last], last - first, out[first:last], scales[first:last])
        finish(gate, phase, portions)
        part = claim(gate, phase, portions)
    return phase + 1
