"""The two attentions of a decoder layer, for some of its heads."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import carray, types
from numba.extending import intrinsic

from specwhisper.models.dimensions import HEAD_SIZE
from specwhisper.models.fused.jit import compiled
from specwhisper.models.fused.maths import QUERY_LEVELS, attention_weights, narrow, softened
from specwhisper.models.fused.tiles import GROUP, MOST_ROWS, multiply

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
    every_key = floats(keys, seen, HEAD_SIZE)
    every_value = floats(values, seen, HEAD_SIZE)
    for position in range(seen):
        total = np.float32(0.0)
        for i in range(HEAD_SIZE):
            total += query[i] * every_key[position, i]
        scores[position] = total
    inverse = np.float32(1.0) / softened(scores, seen)
    for i in range(HEAD_SIZE):
        out[i] = 0
    for position in range(seen):
        weight = scores[position] * inverse
        for i in range(HEAD_SIZE):
            out[i] += weight * every_value[position, i]


@compiled
def look_at_audio(queries, first, rows, head, audio, heard, query, sums, scores, weights, out):  # type: ignore[no-untyped-def]
    """Rows of one clip, one head: what they read from its audio.

    Args:
        queries: [R, 64], of which ``rows`` from ``first`` on are asked.
        audio: addresses of the clip's keys, their scales, its values and their scales, of all heads.
        heard: audio positions that count; the memory goes on to the next multiple of 64.
        query, sums, scores, weights: where to work.
        out: [R, D], of which the head's columns are written.
    """
    padded = (heard + GROUP - 1) // GROUP * GROUP
    whole = weights.itemsize == 2
    pairs, size = (2, 1) if whole else (1, 4)  # inputs that a step takes, and bytes of a stored number
    plane = padded * HEAD_SIZE * size  # bytes of the keys, or values, of one head
    key_scales = floats(audio[1], 1, (head + 1) * padded)
    value_scales = floats(audio[3], 1, (head + 1) * HEAD_SIZE)
    scale = np.empty(MOST_ROWS, np.float32)
    done = 0
    while done < rows:
        some = min(MOST_ROWS, rows - done)
        for row in range(some):
            scale[row] = narrow(queries[first + done + row], query[row], QUERY_LEVELS)
        for group in range(padded // GROUP):
            keys = audio[0] + head * plane + group * GROUP * HEAD_SIZE * size
            multiply(keys, query, 0, some, HEAD_SIZE // pairs, sums)
            place = head * padded + group * GROUP
            for row in range(some):
                for i in range(GROUP):
                    scores[row, group * GROUP + i] = np.float32(sums[row, i]) * (
                        scale[row] * key_scales[0, place + i]
                    )
        for row in range(some):
            scale[row] = np.float32(1.0) / attention_weights(scores[row], heard, weights[row, :padded])
        multiply(audio[2] + head * plane, weights, 0, some, padded // pairs, sums)
        for row in range(some):
            for i in range(HEAD_SIZE):
                out[first + done + row, head * HEAD_SIZE + i] = np.float32(sums[row, i]) * (
                    scale[row] * value_scales[0, head * HEAD_SIZE + i]
                )
        done += some
