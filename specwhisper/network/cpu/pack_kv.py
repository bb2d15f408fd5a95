"""Laying out the keys and values of one head of attention, so that ``look_at_audio`` can multiply by it."""

from __future__ import annotations

import math

import numpy as np

from specwhisper.network.cpu.aligned import in_lines
from specwhisper.network.cpu.barrier import claim, finish, wait
from specwhisper.network.cpu.jit import by_type, compiled, once
from specwhisper.network.cpu.maths import largest_size_of
from specwhisper.network.cpu.matrix_unit import configure, release
from specwhisper.network.cpu.passes import group_of
from specwhisper.network.cpu.portions import sizes_of
from specwhisper.network.cpu.sums import SET
from specwhisper.network.cpu.tiles import GROUP, MATRIX
from specwhisper.network.dimensions import HEAD_SIZE
from specwhisper.network.rounding import SMALLEST, WEIGHT_LEVELS

_LEVELS = np.float32(WEIGHT_LEVELS)
_SMALLEST = np.float32(SMALLEST)
_COLUMNS = np.int64(0), np.int64(HEAD_SIZE)


IN_PAIRS, IN_FOURS = np.zeros(0, np.int16), np.zeros(0, np.int32)
"""How many 8-bit numbers lie side by side: as many as one number of this kind has bytes."""


def keep(projected, columns, keys, key_scale, values, value_scale, together):  # type: ignore[no-untyped-def]
    """Lay one head's keys and values out.

    Args:
        projected: [S, ...], in which 64 columns from ``columns[0]`` on are the head's keys, and from
            ``columns[1]`` on its values.
        keys: [S' x 64], S' a multiple of 64; becomes a weight [S', 64] as in ``tiles``: per group of 64
            positions float32 [64, 64], dimensions first, or int8 in pairs or fours of dimensions
            [32, 64, 2] or [16, 64, 4].
        values: the same for a weight [64, S']: float32 as they come, or int8 in pairs or fours of positions
            [S' / 2, 64, 2] or [S' / 4, 64, 4]. What is behind S, and not beside one before, stays as it is.
        key_scale, value_scale: [S'] and [64]: what a number is to be multiplied by.
        together: :data:`IN_PAIRS` or :data:`IN_FOURS`.
    """
    raise NotImplementedError("for compiled callers")


@by_type(keep)
def _keep(projected, columns, keys, key_scale, values, value_scale, together):  # type: ignore[no-untyped-def]
    return _keep_bytes if keys.dtype.bitwidth == 8 else _keep_floats


def _keep_floats(  # type: ignore[no-untyped-def]
    projected, columns, keys, key_scale, values, value_scale, together
):
    once()
    positions = projected.shape[0]
    value_scale[:] = np.float32(1.0)
    key_scale[:positions] = np.float32(1.0)
    for position in range(positions):
        key = projected[position, columns[0] : columns[0] + HEAD_SIZE]
        value = projected[position, columns[1] : columns[1] + HEAD_SIZE]
        place = position // GROUP * GROUP * HEAD_SIZE + position % GROUP
        for i in range(HEAD_SIZE):
            keys[place + i * GROUP] = key[i]
        own = values[position * HEAD_SIZE : (position + 1) * HEAD_SIZE]
        for i in range(HEAD_SIZE):
            own[i] = value[i]


def _keep_bytes(  # type: ignore[no-untyped-def]
    projected, columns, keys, key_scale, values, value_scale, together
):
    once()
    positions, many = projected.shape[0], together.itemsize
    whole, inverse = np.empty((many, HEAD_SIZE), np.int8), np.empty(HEAD_SIZE, np.float32)
    key_parts, key_places = whole[0].view(together.dtype), keys.view(together.dtype)
    value_scale[:] = _SMALLEST
    for position in range(positions):
        value = projected[position, columns[1] : columns[1] + HEAD_SIZE]
        for i in range(HEAD_SIZE):
            value_scale[i] = max(value_scale[i], abs(value[i]))
    for i in range(HEAD_SIZE):
        inverse[i] = _LEVELS / value_scale[i]
        value_scale[i] /= _LEVELS
    for position in range(positions):
        key = projected[position, columns[0] : columns[0] + HEAD_SIZE]
        largest = max(_SMALLEST, largest_size_of(key))
        key_scale[position] = largest / _LEVELS
        factor = _LEVELS / largest
        for i in range(HEAD_SIZE):
            whole[0, i] = np.int8(math.floor(key[i] * factor + np.float32(0.5)))
        place = position // GROUP * GROUP * HEAD_SIZE // many + position % GROUP
        for i in range(HEAD_SIZE // many):
            key_places[place + i * GROUP] = key_parts[i]
    for first in range(0, positions, many):
        for i in range(many):
            if first + i < positions:
                _round_row(projected[first + i, columns[1] : columns[1] + HEAD_SIZE], inverse, whole[i])
            else:
                whole[i] = 0
        beside = values[first * HEAD_SIZE : (first + many) * HEAD_SIZE]
        for i in range(HEAD_SIZE):
            for j in range(many):
                beside[i * many + j] = whole[j, i]


@compiled
def _round_row(value, inverse, out):  # type: ignore[no-untyped-def]
    for i in range(HEAD_SIZE):
        out[i] = np.int8(math.floor(value[i] * inverse[i] + np.float32(0.5)))


@compiled
def keep_heads(  # type: ignore[no-untyped-def]
    gate, phase, x, scales, weight, scale, bias, keys, key_scale, values, value_scale, fetch, sum_kind
):
    """What all heads of a decoder's layer read of the audio, laid out. Returns the phase after.

    Args:
        x, scales: [S, D or more] audio states as :func:`specwhisper.network.cpu.wide.through_narrowing` made
            them, and [S].
        weight, scale, bias: of the layer's keys, head by head, and then of its values.
        keys, key_scale, values, value_scale: of all heads, as for :func:`keep`.
        fetch: see :func:`specwhisper.network.cpu.passes.times`.
        sum_kind: an array whose dtype says what is added up.
    """
    heads, positions = keys.shape[0], scales.shape[0]
    block = sizes_of(x)[0]
    own, sums = in_lines(positions, 2 * HEAD_SIZE, scales), in_lines(block, GROUP, sum_kind)
    if fetch == MATRIX:
        configure()
    wait(gate, phase)
    head = claim(gate, phase, heads)
    while head >= 0:
        for first in range(0, positions, block):
            some = min(block, positions - first)
            for group, column in ((head, 0), (heads + head, HEAD_SIZE)):
                group_of(
                    weight, group, x[first:], scales[first:], some, heads * HEAD_SIZE, scale, bias, sums,
                    own[first:], column, SET, fetch,
                )  # fmt: skip
        keep(own, _COLUMNS, keys[head], key_scale[head], values[head], value_scale[head], IN_PAIRS)
        finish(gate, phase, heads)
        head = claim(gate, phase, heads)
    if fetch == MATRIX:
        release()
    return phase + 1
