"""The two attentions of a decoder layer, for some of its heads."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import carray, types
from numba.extending import intrinsic

from specwhisper.network.cpu.jit import compiled, once
from specwhisper.network.cpu.maths import (
    QUERY_LEVELS,
    attention_weights,
    dot,
    narrow,
    softened,
    weights_among,
)
from specwhisper.network.cpu.sums import SET, scaled
from specwhisper.network.cpu.tiles import GROUP, STAYS, multiply_all
from specwhisper.network.dimensions import HEAD_SIZE

ROWS = 24
"""Rows of one clip that attend to its audio together, each of its positions loaded once for all of them."""

_ROW = HEAD_SIZE * 4  # bytes of one position of one head


@intrinsic
def _floats(typing_context, address):  # type: ignore[no-untyped-def]
    """A pointer to float32."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], ir.PointerType())

    return types.CPointer(types.float32)(types.int64), generate


@compiled
def floats(address, rows, columns):  # type: ignore[no-untyped-def]
    """float32 [rows, columns] at an address."""
    return carray(_floats(address), (rows, columns))


@compiled
def remember(keys, values, row, position, new):  # type: ignore[no-untyped-def]
    """Store a head's key and value of one position; ``new`` [3, R, 64] holds query, key and value."""
    own_key = floats(keys + position * _ROW, 1, HEAD_SIZE)
    own_value = floats(values + position * _ROW, 1, HEAD_SIZE)
    for i in range(HEAD_SIZE):
        own_key[0, i] = new[1, row, i]
        own_value[0, i] = new[2, row, i]


@compiled
def look_at_text(query, keys, values, seen, scores, out):  # type: ignore[no-untyped-def]
    """One row, one head: what a query [64] reads from the first ``seen`` positions."""
    once()
    every_key = floats(keys, seen, HEAD_SIZE)
    every_value = floats(values, seen, HEAD_SIZE)
    for position in range(seen):
        scores[position] = dot(query, every_key[position])
    inverse = np.float32(1.0) / softened(scores[:seen])
    for i in range(HEAD_SIZE):
        out[i] = 0
    for position in range(seen):
        weight = scores[position] * inverse
        for i in range(HEAD_SIZE):
            out[i] += weight * every_value[position, i]


@compiled
def look_at_audio(  # type: ignore[no-untyped-def]
    queries, first, rows, column, clip, encoded, query, sums, scores, weights, out, target
):
    """Rows that read the same, one head: what they read from the audio.

    Args:
        queries: [R, ...], of which ``rows`` from ``first`` on are asked, in 64 columns from ``column`` on.
        clip: addresses of the head's keys, their scales, its values and their scales (see packing).
        encoded: audio positions that count; the memory goes on to the next multiple of 64.
        query, sums, scores, weights: where to work.
        out, target: [R, ...], and the first of the 64 columns that are written; maybe where queries stood.
    """
    once()
    padded = (encoded + GROUP - 1) // GROUP * GROUP
    whole = weights.itemsize == 2
    pairs, size = (2, 1) if whole else (1, 4)  # inputs that a step takes, and bytes of a stored number
    keys, key_scales, values, value_scales = clip
    key_scale = floats(key_scales, 1, padded)[0]
    value_scale = floats(value_scales, 1, HEAD_SIZE)[0]
    scale, nothing = np.empty(ROWS, np.float32), np.zeros(GROUP, np.float32)
    done = 0
    while done < rows:
        some = min(ROWS, rows - done)
        for row in range(some):
            own = queries[first + done + row, column : column + HEAD_SIZE]
            scale[row] = narrow(own, query[row], QUERY_LEVELS)
        for group in range(padded // GROUP):
            place = group * GROUP
            multiply_all(keys + place * HEAD_SIZE * size, query, some, HEAD_SIZE // pairs, sums, STAYS)
            scaled(sums, some, scale, key_scale[place : place + GROUP], nothing, scores, place, SET)
        for row in range(some):
            total = attention_weights(scores[row, :padded], encoded, weights[row, :padded])
            scale[row] = np.float32(1.0) / total
        multiply_all(values, weights_among(scores, weights), some, padded // pairs, sums, STAYS)
        scaled(sums, some, scale, value_scale, nothing, out[first + done :], target, SET)
        done += some
