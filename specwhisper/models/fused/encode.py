"""All layers of an encoder, as one thread of a team sees it.

Hundreds of positions: work is split by them, in blocks that go through a whole layer while they are near.
Only attention needs what other threads made, the keys and values of all positions.
"""

from __future__ import annotations

import numpy as np

from specwhisper.models.dimensions import HEAD_SIZE
from specwhisper.models.fused.attend import look_at_audio
from specwhisper.models.fused.jit import compiled
from specwhisper.models.fused.keep import keep
from specwhisper.models.fused.maths import normalise
from specwhisper.models.fused.meeting import meet
from specwhisper.models.fused.passes import (
    ADD,
    GELU,
    SET,
    START,
    group_of,
    groups_of,
    narrow_rows,
    normalise_rows,
)
from specwhisper.models.fused.tiles import BLOCK, GROUP, MOST_ROWS, STAYS


@compiled
def through_convolution(me, team, padded, stride, weight, scale, bias, out):  # type: ignore[no-untyped-def]
    """A convolution over three positions, and GELU.

    Args:
        padded: [T + 2, C] float32, a zero before and behind: three positions lie side by side in memory.
        weight: address of [out / 64, 3 C, 64] float32.
        out: [T / stride, D].
    """
    channels, positions = padded.shape[1], out.shape[0]
    flat = padded.reshape(-1)
    rows = np.empty((BLOCK, 3 * channels), np.float32)
    sums = np.empty((MOST_ROWS, GROUP), np.float32)
    ones = np.ones(BLOCK, np.float32)
    last = positions * (me + 1) // team
    for first in range(positions * me // team, last, BLOCK):
        some = min(BLOCK, last - first)
        for row in range(some):
            start = (first + row) * stride * channels
            rows[row] = flat[start : start + 3 * channels]
        for group in range(scale.shape[0] // GROUP):
            group_of(
                weight, group, rows, ones, some, 3 * channels, scale, bias, sums,
                out[first : first + some], group * GROUP, GELU, STAYS,
            )  # fmt: skip


@compiled
def through_encoder(  # type: ignore[no-untyped-def]
    me,
    team,
    gate,
    x,
    weights,
    parameters,
    projected,
    keys,
    key_scale,
    values,
    value_scale,
    narrowed,
    sums,
):
    """From convolved features [S, D] to audio states, in place.

    Args:
        weights: [layers, 4] addresses of the packed weights: query/key/value, out, up, down.
        parameters: [layers + 1, P] norms, scales and biases.
        projected: [S, 3 D].
        keys, values: [H, S' x 64], int8 or float32; key_scale, value_scale: [H, S'] and [H, 64].
        narrowed: per thread rows [BLOCK, D] and [BLOCK, 4 D], queries, attention weights.
        sums: per thread, of one tile.
    """
    positions, size = x.shape
    heads, layers, hidden_size = size // HEAD_SIZE, weights.shape[0], 4 * size
    first_position, last_position = positions * me // team, positions * (me + 1) // team
    own, many, query, weighting = narrowed[0][me], narrowed[1][me], narrowed[2][me], narrowed[3][me]
    mine, scales = sums[me], np.empty(BLOCK, np.float32)
    row_of = np.empty(size, np.float32)
    hidden, mixed = np.empty((BLOCK, hidden_size), np.float32), np.empty((BLOCK, size), np.float32)
    scores = np.empty((MOST_ROWS, key_scale.shape[1]), np.float32)
    phase = 0
    for layer in range(layers):
        p = parameters[layer]
        for first in range(first_position, last_position, BLOCK):
            some = min(BLOCK, last_position - first)
            normalise_rows(x[first : first + some], some, p, START, row_of, own, scales)
            groups_of(
                weights[layer, 0], START, 3 * heads, own, scales, some, size,
                p, 4 * size, 3 * size, mine, projected[first : first + some], START, SET, STAYS,
            )  # fmt: skip
        phase += 1
        meet(gate, phase, team)
        for head in range(heads * me // team, heads * (me + 1) // team):
            columns = (heads + head) * HEAD_SIZE, (2 * heads + head) * HEAD_SIZE
            keep(projected, columns, keys[head], key_scale[head], values[head], value_scale[head])
        phase += 1
        meet(gate, phase, team)
        for first in range(first_position, last_position, BLOCK):
            some = min(BLOCK, last_position - first)
            asking, target = projected[first : first + some], x[first : first + some]
            for head in range(heads):
                clip = (
                    keys.ctypes.data + head * keys.shape[1] * keys.itemsize,
                    key_scale.ctypes.data + head * key_scale.shape[1] * 4,
                    values.ctypes.data + head * values.shape[1] * values.itemsize,
                    value_scale.ctypes.data + head * HEAD_SIZE * 4,
                )
                look_at_audio(
                    asking, START, some, head * HEAD_SIZE, clip, positions,
                    query, mine, scores, weighting, mixed, head * HEAD_SIZE,
                )  # fmt: skip
            narrow_rows(mixed, some, own, scales)
            groups_of(
                weights[layer, 1], START, heads, own, scales, some, size,
                p, 10 * size, size, mine, target, START, ADD, STAYS,
            )  # fmt: skip
            normalise_rows(target, some, p, 2 * size, row_of, own, scales)
            groups_of(
                weights[layer, 2], START, 4 * heads, own, scales, some, size,
                p, 12 * size, hidden_size, mine, hidden, START, GELU, STAYS,
            )  # fmt: skip
            narrow_rows(hidden, some, many, scales)
            groups_of(
                weights[layer, 3], START, heads, many, scales, some, hidden_size,
                p, 12 * size + 2 * hidden_size, size, mine, target, START, ADD, STAYS,
            )  # fmt: skip
        phase += 1
        meet(gate, phase, team)
    last = parameters[layers]
    for row in range(first_position, last_position):
        normalise(x[row], last[:size], last[size : 2 * size], row_of)
        x[row] = row_of
