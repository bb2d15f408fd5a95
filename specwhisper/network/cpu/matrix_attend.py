"""An encoder's attention by the matrix unit: the sums of :func:`attend.look_at_audio`, in whole numbers.

The unit multiplies 8-bit numbers. Queries and weights have up to 16: their bytes go apart,
n = 256 high + low, and so do their products, which add up to the very same sums.
"""

from __future__ import annotations

import numpy as np

from specwhisper.network.cpu.aligned import in_lines
from specwhisper.network.cpu.attend import floats
from specwhisper.network.cpu.jit import compiled, once
from specwhisper.network.cpu.maths import QUERY_LEVELS, attention_weights_in_parts, largest_of, narrow
from specwhisper.network.cpu.matrix_unit import SIGNED, UNSIGNED, tiles_times
from specwhisper.network.cpu.sums import joined
from specwhisper.network.cpu.tiles import BLOCK, GROUP, LANES
from specwhisper.network.dimensions import HEAD_SIZE

_BYTE, _PLAIN = np.zeros(0, np.int8), np.zeros(0, np.uint8)
_SUM, _FLOAT = np.zeros(0, np.int32), np.zeros(0, np.float32)


@compiled
def look_by_matrix(queries, rows, column, clip, encoded):  # type: ignore[no-untyped-def]
    """As :func:`attend.look_at_audio`, keys and values in fours; what is read takes the queries' place.

    Args:
        queries: [R, ...] float32, of which the first ``rows`` are asked, in 64 columns from ``column`` on.
        clip: addresses of the head's keys, their scales, its values and their scales.
        encoded: audio positions that count; the memory goes on to the next multiple of 64.
    """
    once()
    padded = (encoded + GROUP - 1) // GROUP * GROUP
    keys, key_scales, values, value_scales = clip
    key_scale = floats(key_scales, 1, padded)[0]
    value_scale = floats(value_scales, 1, HEAD_SIZE)[0]
    query, scale = np.empty(HEAD_SIZE, np.int16), np.empty(BLOCK, np.float32)
    high, low = in_lines(BLOCK, padded, _BYTE), in_lines(BLOCK, padded, _PLAIN)
    query_high, query_low = in_lines(BLOCK, HEAD_SIZE, _BYTE), in_lines(BLOCK, HEAD_SIZE, _PLAIN)
    high_sums, low_sums = in_lines(BLOCK, GROUP, _SUM), in_lines(BLOCK, GROUP, _SUM)
    scores = in_lines(BLOCK, padded, _FLOAT)
    most, rest = np.empty((BLOCK, LANES), np.float32), np.zeros((BLOCK, LANES), np.float32)
    for done in range(0, rows, BLOCK):
        most[:] = -np.inf
        some = min(BLOCK, rows - done)
        for row in range(some):
            own = queries[done + row, column : column + HEAD_SIZE]
            scale[row] = narrow(own, query, QUERY_LEVELS)
            for i in range(HEAD_SIZE):
                query_high[row, i] = query[i] >> np.int16(8)
                query_low[row, i] = query[i] & np.int16(255)
        for place in range(0, padded, GROUP):
            group = keys + place * HEAD_SIZE
            tiles_times(SIGNED, group, query_high, some, HEAD_SIZE, high_sums)
            tiles_times(UNSIGNED, group, query_low, some, HEAD_SIZE, low_sums)
            factor = key_scale[place : place + GROUP]
            # What is behind the last position is no candidate for a row's largest.
            whole = place + GROUP <= encoded
            joined(high_sums, low_sums, some, scale, factor, scores, place, most if whole else rest)
        for row in range(some):
            last = largest_of(scores[row, encoded // GROUP * GROUP : encoded])
            largest = max(largest_of(most[row]), last)
            total = attention_weights_in_parts(scores[row], encoded, largest, high[row], low[row])
            scale[row] = np.float32(1.0) / total
        tiles_times(SIGNED, values, high, some, padded, high_sums)
        tiles_times(UNSIGNED, values, low, some, padded, low_sums)
        joined(high_sums, low_sums, some, scale, value_scale, queries[done:], column, rest)
