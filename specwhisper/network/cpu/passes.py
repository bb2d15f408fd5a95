"""All layers of a decoder over all rows of a pass, as one of its threads sees it.

Work is cut by attention heads and by groups of outputs. What is cheap (norms, rounding a row) every thread
that has claimed something does for itself, for waiting for another would take longer; what one writes and
another reads lies in two phases. Memory is looked at only by who holds a portion: a thread may come here
when the pass is over, and then its arrays are gone (see :mod:`barrier`).
"""

from __future__ import annotations

import numpy as np
from numba import types

from specwhisper.network.cpu.attend import look_at_audio, look_at_text, remember
from specwhisper.network.cpu.barrier import claim, finish, wait
from specwhisper.network.cpu.bf16x3 import parts_times
from specwhisper.network.cpu.jit import by_type, compiled, once
from specwhisper.network.cpu.maths import gelu, narrow, normalise
from specwhisper.network.cpu.matrix_unit import BY_RAISED, tiles_times
from specwhisper.network.cpu.sums import ADD, SET, begun_with, scaled
from specwhisper.network.cpu.tiles import GROUP, MATRIX, START, multiply_all
from specwhisper.network.dimensions import HEAD_SIZE
from specwhisper.network.rounding import LEVELS

# Of a type of their own in numpy: for each plain integer, callees would be compiled once more.
GELU = np.int64(2)

HEAD_PORTION = np.int64(8)
"""Groups of the output head that a thread claims at a time: 0.25 to 5 MB of weights."""


def times(weight, group, x, rows, inputs, sums, fetch):  # type: ignore[no-untyped-def]
    """Rows, as :func:`narrow` made them, times a group of 64 outputs of a packed weight.

    Args:
        weight: address of the weight.
        sums: [R, 64].
        fetch: see :func:`multiply_all`; or MATRIX, for which x and sums have room for :func:`tiles_times` or
            :func:`parts_times`; rows in parts know no other.
    """
    raise NotImplementedError("for compiled callers")


@by_type(times)
def _times(weight, group, x, rows, inputs, sums, fetch):  # type: ignore[no-untyped-def]
    if x.dtype == types.uint16:

        def chosen(weight, group, x, rows, inputs, sums, fetch):  # type: ignore[no-untyped-def]
            parts_times(weight + group * GROUP * inputs * 4, x, rows, inputs, sums)

    elif x.dtype == types.int8:

        def chosen(weight, group, x, rows, inputs, sums, fetch):  # type: ignore[no-untyped-def]
            once()
            start = weight + group * GROUP * inputs
            if fetch == MATRIX:
                tiles_times(BY_RAISED, start, x, rows, inputs, sums)
                begun_with(sums, rows, x, inputs)
            else:
                multiply_all(start, x, rows, inputs // 4, sums, fetch)

    else:

        def chosen(weight, group, x, rows, inputs, sums, fetch):  # type: ignore[no-untyped-def]
            pairs, size = (2, 1) if x.itemsize == 2 else (1, 4)
            multiply_all(weight + group * GROUP * inputs * size, x, rows, inputs // pairs, sums, fetch)

    return chosen


@compiled
def group_of(  # type: ignore[no-untyped-def]
    weight, group, x, scales, rows, inputs, scale, bias, sums, y, column, how, fetch
):
    """64 outputs of a linear layer for all rows: set, added to what is there, or through GELU.

    Args:
        weight: address of the packed weight.
        x, scales: [R, inputs] as :func:`narrow` made them, and what it returned.
        scale, bias: of the layer's outputs, float32.
        y, column: where the first of the 64 goes.
        sums: [R, 64], to work in.
        fetch: see :func:`times`.
    """
    once()
    times(weight, group, x, rows, inputs, sums, fetch)
    factor = scale[group * GROUP : (group + 1) * GROUP]
    offset = bias[group * GROUP : (group + 1) * GROUP]
    scaled(sums, rows, scales, factor, offset, y, column, ADD if how == ADD else SET)
    if how == GELU:
        for row in range(rows):
            target = y[row, column : column + GROUP]
            for i in range(GROUP):
                target[i] = gelu(target[i])


@compiled
def groups_of(  # type: ignore[no-untyped-def]
    weight, first, last, x, scales, rows, inputs, p, at, outputs, sums, y, column, how, fetch
):
    """Some of the groups of a linear layer, side by side.

    Args:
        weight, x, scales, inputs, how, fetch: as :func:`group_of`.
        first, last: the groups.
        p, at, outputs: the layer's scales and biases lie in p from ``at`` on, so many of each.
        y, column: where the first of the groups goes.
    """
    once()
    scale, bias = p[at : at + outputs], p[at + outputs : at + 2 * outputs]
    for group in range(first, last):
        target = column + (group - first) * GROUP
        group_of(weight, group, x, scales, rows, inputs, scale, bias, sums, y, target, how, fetch)


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
    gate,
    phase,
    x,
    starts,
    cache,
    length,
    audio,
    encoded,
    weights,
    parameters,
    work,
    narrowed,
    sums,
    queries,
    out,
    fetch,
):
    """From embedded tokens to the states the head reads; returns the phase after the last.

    Args:
        me, gate, phase: which thread, what it shares with the others (see :mod:`barrier`), and the number of
            the first phase.
        x: [R, D] embedded tokens, row by row W each of B clips; used up.
        starts: [B] positions of the clips' first tokens.
        cache: address of the self-attention cache, then the bytes from one layer, kind (keys, values), clip
            and head to the next.
        length: positions the cache has.
        audio, encoded: [B, layers, 4] addresses (see ``look_at_audio``) and [B] positions.
        weights: [layers, 6] addresses of the packed weights.
        parameters: [layers, P] norms, scales and biases (see packing).
        work, narrowed, sums: where to work (see ``Workspace``).
        queries: [layers, R, D], or of no layers: receives the queries to the audio.
        out: [R, D].
        fetch: see :func:`multiply_all`.
    """
    rows, size = x.shape
    clips = starts.shape[0]
    width = rows // clips
    layers, heads, hidden_size = weights.shape[0], size // HEAD_SIZE, 4 * size
    mixed, hidden, mine, new, scores, scales = work
    own, many = narrowed[0][me], narrowed[1][me]
    query, weighting, sums = narrowed[2][me], narrowed[3][me], sums[me]
    row_of, new, scores, scales = mine[me], new[me], scores[me], scales[me]
    for layer in range(layers):
        p = parameters[layer]
        at = 6 * size

        # Self-attention, a head per portion.
        wait(gate, phase)
        ready = False
        head = claim(gate, phase, heads)
        while head >= 0:
            if not ready:
                normalise_rows(x, rows, p, START, row_of, own, scales)
                ready = True
            for part in range(3):
                group = part * heads + head
                groups_of(
                    weights[layer, 0], group, group + 1, own, scales, rows, size,
                    p, at, 3 * size, sums, new[part], START, SET, fetch,
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
            finish(gate, phase, heads)
            head = claim(gate, phase, heads)
        at += 6 * size
        phase = _added(
            gate, phase, mixed, rows, own, scales, weights, layer, 1, size, p, at, size, sums, x, fetch
        )
        at += 2 * size

        # Cross-attention, a head per portion.
        wait(gate, phase)
        ready = False
        head = claim(gate, phase, heads)
        while head >= 0:
            if not ready:
                normalise_rows(x, rows, p, 2 * size, row_of, own, scales)
                ready = True
            groups_of(
                weights[layer, 2], head, head + 1, own, scales, rows, size,
                p, at, size, sums, new[0], START, SET, fetch,
            )  # fmt: skip
            if queries.shape[0]:
                for row in range(rows):
                    queries[layer, row, head * HEAD_SIZE : (head + 1) * HEAD_SIZE] = new[0, row]
            for clip in range(clips):
                padded = (encoded[clip] + GROUP - 1) // GROUP * GROUP
                plane = padded * HEAD_SIZE * (1 if query.itemsize == 2 else 4)
                there = audio[clip, layer]
                look_at_audio(
                    new[0], clip * width, width, START,
                    (
                        there[0] + head * plane, there[1] + head * padded * 4,
                        there[2] + head * plane, there[3] + head * HEAD_SIZE * 4,
                    ),
                    encoded[clip], query, sums, scores, weighting, mixed, head * HEAD_SIZE,
                )  # fmt: skip
            finish(gate, phase, heads)
            head = claim(gate, phase, heads)
        at += 2 * size
        phase = _added(
            gate, phase, mixed, rows, own, scales, weights, layer, 3, size, p, at, size, sums, x, fetch
        )
        at += 2 * size

        # Feed-forward, four groups of hidden states per portion.
        wait(gate, phase)
        ready = False
        part = claim(gate, phase, heads)
        while part >= 0:
            if not ready:
                normalise_rows(x, rows, p, 4 * size, row_of, own, scales)
                ready = True
            groups_of(
                weights[layer, 4], 4 * part, 4 * part + 4, own, scales, rows, size,
                p, at, hidden_size, sums, hidden, 4 * part * GROUP, GELU, fetch,
            )  # fmt: skip
            finish(gate, phase, heads)
            part = claim(gate, phase, heads)
        at += 2 * hidden_size
        phase = _added(
            gate, phase, hidden, rows, many, scales, weights, layer, 5, 4 * size, p, at, size, sums, x, fetch
        )

    wait(gate, phase)
    row = claim(gate, phase, rows)
    while row >= 0:
        last = parameters[layers]
        normalise(x[row], last[:size], last[size : 2 * size], out[row])
        finish(gate, phase, rows)
        row = claim(gate, phase, rows)
    return phase + 1


@compiled
def _added(  # type: ignore[no-untyped-def]
    gate, phase, states, rows, own, scales, weights, layer, which, inputs, p, at, size, sums, x, fetch
):
    """The phase before, which made ``states``, and then the linear layer that adds them to ``x``; a group of
    outputs per portion. Returns the next phase.
    """
    once()
    phase += 1
    groups = size // GROUP
    wait(gate, phase)
    ready = False
    group = claim(gate, phase, groups)
    while group >= 0:
        if not ready:
            narrow_rows(states, rows, own, scales)
            ready = True
        groups_of(
            weights[layer, which], group, group + 1, own, scales, rows, inputs,
            p, at, size, sums, x, group * GROUP, ADD, fetch,
        )  # fmt: skip
        finish(gate, phase, groups)
        group = claim(gate, phase, groups)
    return phase + 1


@compiled
def through_head(  # type: ignore[no-untyped-def]
    me, gate, phase, states, weight, scale, bias, narrowed, scales, sums, out, fetch
):
    """From states [R, D] to logits [R, V rounded up to 64]; returns the phase after."""
    rows, size = states.shape
    own, scales, sums = narrowed[me], scales[me], sums[me]
    groups = scale.shape[0] // GROUP
    portions = (groups + HEAD_PORTION - 1) // HEAD_PORTION
    wait(gate, phase)
    ready = False
    part = claim(gate, phase, portions)
    while part >= 0:
        if not ready:
            narrow_rows(states, rows, own, scales)
            ready = True
        for group in range(part * HEAD_PORTION, min((part + 1) * HEAD_PORTION, groups)):
            target = group * GROUP
            group_of(weight, group, own, scales, rows, size, scale, bias, sums, out, target, SET, fetch)
        finish(gate, phase, portions)
        part = claim(gate, phase, portions)
    return phase + 1
