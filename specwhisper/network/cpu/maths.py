"""What a layer does between two products, on one row at a time, so that rows do not know their neighbours."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from specwhisper.network.cpu.aligned import LINE
from specwhisper.network.cpu.bf16x3 import PARTS, parted
from specwhisper.network.cpu.jit import by_type, compiled, once, summing, widest
from specwhisper.network.cpu.tiles import RAISED, TAIL
from specwhisper.network.rounding import SMALLEST

QUERY_LEVELS = 16_383
"""Largest magnitude of a quantised query: it has 64 inputs, so its sums stay below 2^31."""

_NOT_SIGN = np.int32(0x7FFFFFFF)
_LEAST = np.float32(-np.inf).view(np.int32) ^ _NOT_SIGN  # in the order of integers

_WEIGHT = 32_767.0  # largest quantised attention weight ...
_WEIGHTS = 2.0**24  # ... and largest sum of them: times 127 that is below 2^31


@intrinsic
def _as_float(typing_context, bits):  # type: ignore[no-untyped-def]
    """The float32 with these 32 bits."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.FloatType())

    return types.float32(types.int32), generate


@intrinsic
def _bits_of(typing_context, number):  # type: ignore[no-untyped-def]
    """The 32 bits of a float32."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.IntType(32))

    return types.int32(types.float32), generate


_ROUNDS = np.float32(1.5 * 2**23)
"""Added to a small float32, it leaves no place for a fraction: the sum's last bits are the nearest whole
number, which needs neither rounding nor converting.
"""


@compiled
def exponential(x):  # type: ignore[no-untyped-def]
    """e^x for x <= 0, to 5e-7 of it near 0 and 5e-6 at -69: 2^whole by its bits, 2^rest by a polynomial.

    0 below -69 (2^-100): beside 1 that is nothing, and what is multiplied by it does not become denormal.
    The coefficients have the least largest relative error on [-1/2, 1/2], about 1e-7, with the value 1 at 0.
    """
    y = np.float32(x * np.float32(1.4426950408889634))
    y = y if y >= np.float32(-100.0) else np.float32(-127.0)  # 2^-127 has the bits of 0
    shifted = y + _ROUNDS
    rest = y - (shifted - _ROUNDS)
    series = np.float32(0.00132647238)
    series = series * rest + np.float32(0.00967151299)
    series = series * rest + np.float32(0.0555073358)
    series = series * rest + np.float32(0.240222424)
    series = series * rest + np.float32(0.693147004)
    series = series * rest + np.float32(1.0)
    return series * _as_float((_bits_of(shifted) + np.int32(127)) << np.int32(23))


@compiled
def gelu(x):  # type: ignore[no-untyped-def]
    """x times the normal distribution's share below x, to about 1e-7.

    The error function by formula 7.1.26 of Abramowitz and Stegun, "Handbook of Mathematical Functions".
    """
    half = np.float32(abs(x) * np.float32(0.7071067811865476))
    t = np.float32(1.0) / (np.float32(1.0) + np.float32(0.3275911) * half)
    series = np.float32(1.061405429)
    series = series * t - np.float32(1.453152027)
    series = series * t + np.float32(1.421413741)
    series = series * t - np.float32(0.284496736)
    series = series * t + np.float32(0.254829592)
    tail = np.float32(0.5) * series * t * exponential(-half * half)  # (1 - erf(half)) / 2
    return max(x, np.float32(0.0)) - abs(x) * tail


@compiled
def largest_of(x):  # type: ignore[no-untyped-def]
    """The largest of float32 numbers; minus infinity of none.

    By their bits, which order like whole numbers once those of negative ones are turned round: the compiler
    finds the largest of many integers at once, of floats one after the other, in six times the time.
    """
    widest()
    bits = x.view(np.int32)
    largest = _LEAST
    for i in range(bits.shape[0]):
        largest = max(largest, _ordered(bits[i]))
    return _as_float(_ordered(largest))


@compiled
def largest_size_of(x):  # type: ignore[no-untyped-def]
    """The largest magnitude of float32 numbers, found as in :func:`largest_of`; 0 of none."""
    widest()
    bits = x.view(np.int32)
    largest = np.int32(0)
    for i in range(bits.shape[0]):
        largest = max(largest, bits[i] & _NOT_SIGN)
    return _as_float(largest)


@compiled
def _ordered(bits):  # type: ignore[no-untyped-def]
    return bits ^ ((bits >> np.int32(31)) & _NOT_SIGN)


@summing
def sum_of(x, count):  # type: ignore[no-untyped-def]
    """The sum of the first ``count`` numbers."""
    widest()
    total = np.float32(0.0)
    for i in range(count):
        total += x[i]
    return total


@summing
def spread_of(x, mean):  # type: ignore[no-untyped-def]
    """The sum of squared distances from the mean."""
    widest()
    total = np.float32(0.0)
    for i in range(x.shape[0]):
        total += (x[i] - mean) * (x[i] - mean)
    return total


@summing
def dot(x, y):  # type: ignore[no-untyped-def]
    """The sum of products."""
    widest()
    total = np.float32(0.0)
    for i in range(x.shape[0]):
        total += x[i] * y[i]
    return total


@compiled
def normalise(x, weight, bias, out):  # type: ignore[no-untyped-def]
    """Layer normalisation of a row, epsilon 1e-5 as in Whisper."""
    once()
    size = x.shape[0]
    mean = sum_of(x, size) / np.float32(size)
    spread = spread_of(x, mean)
    scale = np.float32(1.0) / np.float32(math.sqrt(spread / np.float32(size) + np.float32(1e-5)))
    for i in range(size):
        out[i] = (x[i] - mean) * scale * weight[i] + bias[i]


def narrow(row, out, levels):  # type: ignore[no-untyped-def]
    """A row as the kernel takes it; returns what its numbers are to be multiplied by.

    uint16: in three parts (see bf16x3). int16 and int8: every row by its own largest magnitude (cf. Dettmers
    et al. 2022, "LLM.int8()", vector-wise quantisation); int8 with what its sums begin with behind it (see
    tiles). float32: copied.
    """
    raise NotImplementedError("for compiled callers")


def width_of(inputs, kind):  # type: ignore[no-untyped-def]
    """How many numbers :func:`narrow` writes, and a cache line more: rows as long as a power of two would
    share cache sets. The array ``kind`` says what they are.
    """
    return (PARTS if kind.dtype == np.uint16 else 1) * inputs + LINE // kind.itemsize


@by_type(width_of)
def _width_of(inputs, kind):  # type: ignore[no-untyped-def]
    parts = PARTS if kind.dtype == types.uint16 else 1
    return lambda inputs, kind: parts * inputs + LINE // kind.itemsize


@compiled
def _rounded(row, out, levels):  # type: ignore[no-untyped-def]
    """A row as whole numbers of at most ``levels``, and its scale."""
    once()
    largest = max(np.float32(SMALLEST), largest_size_of(row))
    inverse = np.float32(levels) / largest
    for i in range(row.shape[0]):
        out[i] = np.int32(math.floor(row[i] * inverse + np.float32(0.5)))
    return largest / np.float32(levels)


@by_type(narrow)
def _narrow(row, out, levels):  # type: ignore[no-untyped-def]
    if out.dtype == types.int8:

        def chosen(row, out, levels):  # type: ignore[no-untyped-def]
            once()
            scale = _rounded(row, out, levels)
            total = np.int32(0)
            for i in range(row.shape[0]):
                total += np.int32(out[i])
            total *= np.int32(-RAISED)
            for i in range(TAIL):
                out[row.shape[0] + i] = np.int8((total >> np.int32(8 * i)) & np.int32(255))
            return scale

    elif out.dtype == types.int16:

        def chosen(row, out, levels):  # type: ignore[no-untyped-def]
            return _rounded(row, out, levels)

    elif out.dtype == types.uint16:

        def chosen(row, out, levels):  # type: ignore[no-untyped-def]
            parted(row.ctypes.data, row.shape[0], out.ctypes.data)
            return np.float32(1.0)

    else:

        def chosen(row, out, levels):  # type: ignore[no-untyped-def]
            once()
            for i in range(row.shape[0]):
                out[i] = row[i]
            return np.float32(1.0)

    return chosen


def attention_weights(scores, seen, out):  # type: ignore[no-untyped-def]
    """softmax of the first ``seen`` scores, times something that is returned; 0 from there on.

    Float32 weights take the place of the scores (see :func:`weights_among`). int16 weights are rounded; the
    scores are used up, and what is returned is the sum of the rounded ones. There are as many scores as
    ``out`` has places: those behind ``seen`` are lost too.
    """
    raise NotImplementedError("for compiled callers")


@by_type(attention_weights)
def _attention_weights(scores, seen, out):  # type: ignore[no-untyped-def]
    if out.dtype == types.int16:

        def chosen(scores, seen, out):  # type: ignore[no-untyped-def]
            once()
            scale, rounded = whole_weights(scores, seen, largest_of(scores[:seen])), np.int32(0)
            for i in range(out.shape[0]):
                weight = np.int32(scores[i] * scale + np.float32(0.5))
                out[i] = weight
                rounded += weight
            return np.float32(rounded)

    else:

        def chosen(scores, seen, out):  # type: ignore[no-untyped-def]
            return softened_among(scores, seen)

    return chosen


@compiled
def attention_weights_in_parts(scores, seen, largest, high, low):  # type: ignore[no-untyped-def]
    """As :func:`attention_weights` with int16 ones, of which the two bytes go apart; ``largest`` is that of
    the scores seen.
    """
    once()
    scale, rounded = whole_weights(scores, seen, largest), np.int32(0)
    for i in range(scores.shape[0]):
        weight = np.int32(scores[i] * scale + np.float32(0.5))
        high[i] = weight >> np.int32(8)
        low[i] = weight & np.int32(255)
        rounded += weight
    return np.float32(rounded)


@compiled
def whole_weights(scores, seen, largest):  # type: ignore[no-untyped-def]
    """softmax of the first ``seen`` scores, times something, in place, and 0 from there on; returned is what
    to multiply them by so that they, rounded, fit 16 bits and their products' sums 32.
    """
    _hide(scores, seen)
    return min(np.float32(_WEIGHT), np.float32(_WEIGHTS) / _powers_of(scores, largest))


def weights_among(scores, out):  # type: ignore[no-untyped-def]
    """Which of the two :func:`attention_weights` has left the weights in."""
    raise NotImplementedError("for compiled callers")


@by_type(weights_among)
def _weights_among(scores, out):  # type: ignore[no-untyped-def]
    if out.dtype == types.int16:
        return lambda scores, out: out
    return lambda scores, out: scores


@compiled
def _hide(scores, seen):  # type: ignore[no-untyped-def]
    """What is behind the first ``seen`` scores counts for nothing."""
    widest()
    for i in range(seen, scores.shape[0]):
        scores[i] = np.float32(-np.inf)


@compiled
def softened(scores):  # type: ignore[no-untyped-def]
    """Each score becomes e^(score - largest), in place; returns their sum."""
    once()
    return _powers_of(scores, largest_of(scores))


@compiled
def softened_among(scores, seen):  # type: ignore[no-untyped-def]
    """As :func:`softened` of the first ``seen`` scores; the others become 0."""
    once()
    _hide(scores, seen)
    return softened(scores)


@summing
def _powers_of(scores, largest):  # type: ignore[no-untyped-def]
    widest()
    total = np.float32(0.0)
    for i in range(scores.shape[0]):
        power = exponential(scores[i] - largest)
        scores[i] = power
        total += power
    return total
