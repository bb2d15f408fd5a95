"""All layers of an encoder, as one of its threads sees it.

Hundreds of positions: work is cut by them, in portions that go from product to product while they are near.
Only attention needs what other threads made, the keys and values of all positions; there work is cut by heads
first, so that one head's keys and values stay in the second cache while many positions look at them. As in
:mod:`passes`, memory is looked at only by who holds a portion.
"""

from __future__ import annotations

import numpy as np

from specwhisper.network.cpu.aligned import in_lines
from specwhisper.network.cpu.attend import ROWS, look_at_audio
from specwhisper.network.cpu.barrier import claim, finish, wait
from specwhisper.network.cpu.jit import compiled
from specwhisper.network.cpu.maths import narrow, normalise, width_of
from specwhisper.network.cpu.matrix_attend import look_by_matrix
from specwhisper.network.cpu.matrix_unit import configure, release
from specwhisper.network.cpu.pack_kv import IN_FOURS, IN_PAIRS, keep
from specwhisper.network.cpu.passes import (
    ADD,
    GELU,
    SET,
    group_of,
    groups_of,
    narrow_rows,
    normalise_rows,
)
from specwhisper.network.cpu.portions import edge_of, portions_of, sizes_of
from specwhisper.network.cpu.tiles import GROUP, MATRIX, START, STAYS
from specwhisper.network.dimensions import HEAD_SIZE
from specwhisper.network.rounding import LEVELS

_LOOKING = np.int64(10 * ROWS)
"""Positions of a portion of attention, about."""


@compiled
def through_convolution(  # type: ignore[no-untyped-def]
    team, gate, phase, padded, stride, weight, scale, bias, out
):
    """A convolution over three positions, and GELU; returns the phase after.

    Args:
        padded: [T + 2, C] float32, a zero before and behind: three positions lie side by side in memory.
        weight: address of [out / 64, 3 C, 64] float32.
        out: [T / stride, D].
    """
    channels, positions = padded.shape[1], out.shape[0]
    sizes = sizes_of(padded)
    rows, sums = in_lines(sizes[0], 3 * channels, padded), in_lines(sizes[0], GROUP, padded)
    ones = np.ones(sizes[0], np.float32)
    portions = portions_of(positions, team, sizes)
    wait(gate, phase)
    part = claim(gate, phase, portions)
    while part >= 0:
        flat = padded.reshape(-1)
        first, last = edge_of(part, positions, team, sizes), edge_of(part + 1, positions, team, sizes)
        some = last - first
        for row in range(some):
            start = (first + row) * stride * channels
            rows[row] = flat[start : start + 3 * channels]
        for group in range(scale.shape[0] // GROUP):
            group_of(
                weight, group, rows, ones, some, 3 * channels, scale, bias, sums,
                out[first:last], group * GROUP, GELU, STAYS,
            )  # fmt: skip
        finish(gate, phase, portions)
        part = claim(gate, phase, portions)
    return phase + 1


@compiled
def through_encoder(  # type: ignore[no-untyped-def]
    team,
    gate,
    phase,
    x,
    weights,
    parameters,
    projected,
    keys,
    key_scale,
    values,
    value_scale,
    fetch,
    kind,
    asking,
    sum_kind,
):
    """From convolved features [S, D] to audio states, in place; returns the phase after the last.

    Args:
        team, gate, phase: threads, what they share (see :mod:`barrier`), the number of the first phase.
        weights: [layers, 4] addresses of the packed weights: query/key/value, out, up, down.
        parameters: [layers + 1, P] norms, scales and biases.
        projected: [S, 3 D]: queries, keys and values; what attention read takes the queries' place.
        keys, values: [H, S' x 64], int8 or float32; key_scale, value_scale: [H, S'] and [H, 64].
        fetch: see :func:`specwhisper.network.cpu.passes.times`.
        kind, asking, sum_kind: arrays whose dtypes say what is multiplied, in linear layers and in attention,
            and what is added up.
    """
    positions, size = x.shape
    heads, layers, hidden_size = size // HEAD_SIZE, weights.shape[0], 4 * size
    whole = asking.itemsize == 2  # attention in whole numbers; in float32 it is the vector unit's
    sizes = sizes_of(kind)
    block = sizes[0]
    own, many = (
        in_lines(block, width_of(size, kind), kind),
        in_lines(block, width_of(hidden_size, kind), kind),
    )
    query, weighting = in_lines(ROWS, HEAD_SIZE, asking), in_lines(ROWS, key_scale.shape[1], asking)
    mine, scales = in_lines(block, GROUP, sum_kind), np.empty(block, np.float32)
    row_of = np.empty(size, np.float32)
    hidden = in_lines(block, hidden_size, x)
    scores = in_lines(ROWS, key_scale.shape[1], x)
    if fetch == MATRIX:
        configure()
    portions = portions_of(positions, team, sizes)
    stretches = (positions + _LOOKING - 1) // _LOOKING
    for layer in range(layers):
        p = parameters[layer]
        wait(gate, phase)
        part = claim(gate, phase, portions)
        while part >= 0:
            first, last = edge_of(part, positions, team, sizes), edge_of(part + 1, positions, team, sizes)
            some = last - first
            normalise_rows(x[first:last], some, p, START, row_of, own, scales)
            groups_of(
                weights[layer, 0], START, 3 * heads, own, scales, some, size,
                p, 4 * size, 3 * size, mine, projected[first:last], START, SET, fetch,
            )  # fmt: skip
            finish(gate, phase, portions)
            part = claim(gate, phase, portions)
        phase += 1
        wait(gate, phase)
        head = claim(gate, phase, heads)
        while head >= 0:
            columns = (heads + head) * HEAD_SIZE, (2 * heads + head) * HEAD_SIZE
            if whole and fetch == MATRIX:
                keep(
                    projected, columns, keys[head], key_scale[head], values[head], value_scale[head], IN_FOURS
                )
            else:
                keep(
                    projected, columns, keys[head], key_scale[head], values[head], value_scale[head], IN_PAIRS
                )
            finish(gate, phase, heads)
            head = claim(gate, phase, heads)
        phase += 1
        wait(gate, phase)
        part = claim(gate, phase, heads * stretches)
        while part >= 0:
            head, stretch = part // stretches, part % stretches
            first, last = positions * stretch // stretches, positions * (stretch + 1) // stretches
            column, queries = head * HEAD_SIZE, projected[first:last]
            clip = (
                keys.ctypes.data + head * keys.shape[1] * keys.itemsize,
                key_scale.ctypes.data + head * key_scale.shape[1] * 4,
                values.ctypes.data + head * values.shape[1] * values.itemsize,
                value_scale.ctypes.data + head * HEAD_SIZE * 4,
            )
            if whole and fetch == MATRIX:
                look_by_matrix(queries, last - first, column, clip, positions)
            else:
                look_at_audio(
                    queries, START, last - first, column, clip, positions,
                    query, mine, scores, weighting, queries, column,
                )  # fmt: skip
            finish(gate, phase, heads * stretches)
            part = claim(gate, phase, heads * stretches)
        phase += 1
        wait(gate, phase)
        part = claim(gate, phase, portions)
        while part >= 0:
            first, last = edge_of(part, positions, team, sizes), edge_of(part + 1, positions, team, sizes)
            some = last - first
            target = x[first:last]
            for row in range(some):
                scales[row] = narrow(projected[first + row, :size], own[row], LEVELS)
            groups_of(
                weights[layer, 1], START, heads, own, scales, some, size,
                p, 10 * size, size, mine, target, START, ADD, fetch,
            )  # fmt: skip
            normalise_rows(target, some, p, 2 * size, row_of, own, scales)
            groups_of(
                weights[layer, 2], START, 4 * heads, own, scales, some, size,
                p, 12 * size, hidden_size, mine, hidden, START, GELU, fetch,
            )  # fmt: skip
            narrow_rows(hidden, some, many, scales)
            groups_of(
                weights[layer, 3], START, heads, many, scales, some, hidden_size,
                p, 12 * size + 2 * hidden_size, size, mine, target, START, ADD, fetch,
            )  # fmt: skip
            if layer == layers - 1:
                after = parameters[layers]
                for row in range(some):
                    normalise(target[row], after[:size], after[size : 2 * size], row_of)
                    target[row] = row_of
            finish(gate, phase, portions)
            part = claim(gate, phase, portions)
        phase += 1
    if fetch == MATRIX:
        release()
    return phase
