"""All layers of a decoder over all rows of a pass, as one thread of a team sees it.

Work is split by attention heads and by groups of outputs. What is cheap (norms, rounding a row) every thread
does for itself, for waiting for another would take longer; what one writes and another reads lies on two
sides of a meeting.
"""

from __future__ import annotations

import numpy as np

from specwhisper.models.dimensions import HEAD_SIZE
from specwhisper.models.fused.attend import look_at_audio, look_at_text, remember
from specwhisper.models.fused.jit import compiled, once
from specwhisper.models.fused.maths import gelu, narrow, normalise
from specwhisper.models.fused.meeting import meet
from specwhisper.models.fused.tiles import GROUP, MOST_ROWS, multiply
from specwhisper.models.rounding import LEVELS

# Of a type of their own in numpy: for each plain integer, callees would be compiled once more.
SET, ADD, GELU = np.int64(0), np.int64(1), np.int64(2)
START = np.int64(0)


@compiled
def group_of(  # type: ignore[no-untyped-def]
    weight, group, x, scales, rows, inputs, scale, bias, sums, y, column, how, fleeting
):
    """64 outputs of a linear layer for all rows: set, added to what is there, or through GELU.

    Args:
        weight: address of the packed weight.
        x, scales: [R, inputs] as :func:`narrow` made them, and what it returned.
        scale, bias: of the layer's outputs, float32.
        y, column: where the first of the 64 goes.
        fleeting: whether the weight is not to stay in the caches.
    """
    once()
    whole = x.itemsize < 4
    steps = inputs * x.itemsize // 4
    start = weight + group * GROUP * inputs * (1 if whole else 4)
    tiles = (rows + MOST_ROWS - 1) // MOST_ROWS
    height = (rows + tiles - 1) // tiles
    first = 0
    while first < rows:
        some = min(height, rows - first)
        multiply(start, x, first, some, steps, sums, fleeting)
        for row in range(some):
            own = scales[first + row]
            target = y[first + row, column : column + GROUP]
            factor = scale[group * GROUP : (group + 1) * GROUP]
            offset = bias[group * GROUP : (group + 1) * GROUP]
            if how == ADD:
                for i in range(GROUP):
                    target[i] += np.float32(sums[row, i]) * (own * factor[i]) + offset[i]
            elif how == GELU:
                for i in range(GROUP):
                    target[i] = gelu(np.float32(sums[row, i]) * (own * factor[i]) + offset[i])
            else:
                for i in range(GROUP):
                    target[i] = np.float32(sums[row, i]) * (own * factor[i]) + offset[i]
        first += some


@compiled
def groups_of(  # type: ignore[no-untyped-def]
    weight, first, last, x, scales, rows, inputs, p, at, outputs, sums, y, column, how, fleeting
):
    """Some of the groups of a linear layer, side by side.

    Args:
        weight, x, scales, inputs, how, fleeting: as :func:`group_of`.
        first, last: the groups.
        p, at, outputs: the layer's scales and biases lie in p from ``at`` on, so many of each.
        y, column: where the first of the groups goes.
    """
    once()
    scale, bias = p[at : at + outputs], p[at + outputs : at + 2 * outputs]
    for group in range(first, last):
        target = column + (group - first) * GROUP
        group_of(weight, group, x, scales, rows, inputs, scale, bias, sums, y, target, how, fleeting)


@compiled
def narrow_rows(x, rows, out, scales):  # type: ignore[no-untyped-def]
    """The first ``rows`` of ``x`` as kernels take them."""
    once()
    for row in range(rows):
        scales[row] = narrow(x[row], out[row], LEVELS)


@compiled
def normalise_rows(x, rows, p, at, row_of, out, scales):  # type: ignore[no-untyped-def]
    """As :func:`narrow_rows`, after the layer norm whose weight and bias lie in p from ``at`` on."""
    once()
    size = x.shape[1]
    weight, bias = p[at : at + size], p[at + size : at + 2 * size]
    for row in range(rows):
        normalise(x[row], weight, bias, row_of)
        scales[row] = narrow(row_of, out[row], LEVELS)


@compiled
def through_layers(  # type: ignore[no-untyped-def]
    me,
    team,
    gate,
    x,
    starts,
    cache,
    length,
    audio,
    heard,
    weights,
    parameters,
    work,
    narrowed,
    sums,
    queries,
    out,
    fleeting,
):
    """From embedded tokens to the states the head reads.

    Args:
        me, team, gate: which thread of how many, and where they meet.
        x: [R, D] embedded tokens, row by row W of each of B clips; used up.
        starts: [B] positions of the clips' first tokens.
        cache: address of the self-attention cache, then the bytes from one layer, kind (keys, values), clip
            and head to the next.
        length: positions the cache has.
        audio, heard: [B, layers, 4] addresses (see ``look_at_audio``) and [B] positions.
        weights: [layers, 6] addresses of the packed weights.
        parameters: [layers, P] norms, scales and biases (see packing).
        work, narrowed, sums: where to work (see ``Workspace``).
        queries: [layers, R, D], or of no layers: receives the queries to the audio.
        out: [R, D].
        fleeting: whether the weights are not to stay in the caches.
    """
    rows, size = x.shape
    clips = starts.shape[0]
    width = rows // clips
    layers, heads, hidden_size = weights.shape[0], size // HEAD_SIZE, 4 * size
    first_head, last_head = heads * me // team, heads * (me + 1) // team
    first_hidden, last_hidden = 4 * heads * me // team, 4 * heads * (me + 1) // team
    mixed, hidden, mine, new, scores, scales = work
    own, many = narrowed[0][me], narrowed[1][me]
    query, weighting, sums = narrowed[2][me], narrowed[3][me], sums[me]
    row_of, new, scores, scales = mine[me], new[me], scores[me], scales[me]
    phase = 0
    for layer in range(layers):
        p = parameters[layer]
        at = 6 * size

        # Reading the text so far.
        normalise_rows(x, rows, p, START, row_of, own, scales)
        for head in range(first_head, last_head):
            for part in range(3):
                group = part * heads + head
                groups_of(
                    weights[layer, 0], group, group + 1, own, scales, rows, size,
                    p, at, 3 * size, sums, new[part], START, SET, fleeting,
                )  # fmt: skip
            for clip in range(clips):
                keys = cache[0] + layer * cache[1] + clip * cache[3] + head * cache[4]
                values = keys + cache[2]
                for column in range(width):
                    # Rows near the end of the context may be padded past it: nobody reads the last position.
                    position = min(starts[clip] + column, length - 1)
                    remember(keys, values, clip * width + column, position, new)
                for column in range(width):
                    row = clip * width + column
                    seen = min(starts[clip] + column, length - 1) + 1
                    target = mixed[row, head * HEAD_SIZE : (head + 1) * HEAD_SIZE]
                    look_at_text(new[0, row], keys, values, seen, scores[0], target)
        at += 6 * size
        phase += 1
        meet(gate, phase, team)
        narrow_rows(mixed, rows, own, scales)
        groups_of(
            weights[layer, 1], first_head, last_head, own, scales, rows, size,
            p, at, size, sums, x, first_head * GROUP, ADD, fleeting,
        )  # fmt: skip
        at += 2 * size
        phase += 1
        meet(gate, phase, team)

        # Listening to the audio.
        normalise_rows(x, rows, p, 2 * size, row_of, own, scales)
        for head in range(first_head, last_head):
            groups_of(
                weights[layer, 2], head, head + 1, own, scales, rows, size,
                p, at, size, sums, new[0], START, SET, fleeting,
            )  # fmt: skip
            if queries.shape[0]:
                for row in range(rows):
                    queries[layer, row, head * HEAD_SIZE : (head + 1) * HEAD_SIZE] = new[0, row]
            for clip in range(clips):
                padded = (heard[clip] + GROUP - 1) // GROUP * GROUP
                plane = padded * HEAD_SIZE * (1 if query.itemsize == 2 else 4)
                there = audio[clip, layer]
                look_at_audio(
                    new[0], clip * width, width, START,
                    (
                        there[0] + head * plane, there[1] + head * padded * 4,
                        there[2] + head * plane, there[3] + head * HEAD_SIZE * 4,
                    ),
                    heard[clip], query, sums, scores, weighting, mixed, head * HEAD_SIZE,
                )  # fmt: skip
        at += 2 * size
        phase += 1
        meet(gate, phase, team)
        narrow_rows(mixed, rows, own, scales)
        groups_of(
            weights[layer, 3], first_head, last_head, own, scales, rows, size,
            p, at, size, sums, x, first_head * GROUP, ADD, fleeting,
        )  # fmt: skip
        at += 2 * size
        phase += 1
        meet(gate, phase, team)

        # Thinking about it.
        normalise_rows(x, rows, p, 4 * size, row_of, own, scales)
        groups_of(
            weights[layer, 4], first_hidden, last_hidden, own, scales, rows, size,
            p, at, hidden_size, sums, hidden, first_hidden * GROUP, GELU, fleeting,
        )  # fmt: skip
        at += 2 * hidden_size
        phase += 1
        meet(gate, phase, team)
        narrow_rows(hidden, rows, many, scales)
        groups_of(
            weights[layer, 5], first_head, last_head, many, scales, rows, hidden_size,
            p, at, size, sums, x, first_head * GROUP, ADD, fleeting,
        )  # fmt: skip
        phase += 1
        meet(gate, phase, team)

    last = parameters[layers]
    for row in range(rows * me // team, rows * (me + 1) // team):
        normalise(x[row], last[:size], last[size : 2 * size], out[row])


@compiled
def through_head(  # type: ignore[no-untyped-def]
    me, team, states, weight, scale, bias, narrowed, scales, sums, out, fleeting
):
    """From states [R, D] to logits [R, V rounded up to 64]."""
    rows, size = states.shape
    own, scales, sums = narrowed[me], scales[me], sums[me]
    narrow_rows(states, rows, own, scales)
    groups = scale.shape[0] // GROUP
    for group in range(groups * me // team, groups * (me + 1) // team):
        group_of(weight, group, own, scales, rows, size, scale, bias, sums, out, group * GROUP, SET, fleeting)
