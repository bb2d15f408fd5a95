"""The functions between the products, against numpy's."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numba import njit

from specwhisper.network.cpu.maths import (
    attention_weights,
    exponential,
    gelu,
    largest_of,
    largest_size_of,
    narrow,
    normalise,
    weights_among,
)
from specwhisper.network.cpu.tiles import RAISED, TAIL


@njit
def every(function, x):
    out = np.empty_like(x)
    for i in range(x.size):
        out[i] = function(x[i])
    return out


@njit
def narrowed(row, out, levels):
    return narrow(row, out, levels)


@njit
def weighted(scores, seen, out):
    total = attention_weights(scores, seen, out)
    return total, weights_among(scores, out)


def test_exponential_is_that_of_numpy() -> None:
    x = np.linspace(-69, 0, 100_001, dtype=np.float32)
    found, expected = every(exponential, x), np.exp(x.astype(np.float64))
    np.testing.assert_allclose(found, expected, rtol=5e-6)
    np.testing.assert_allclose(found[x > -5], expected[x > -5], rtol=5e-7)


def test_exponential_of_what_is_hopeless_is_nothing() -> None:
    assert (every(exponential, np.array([-70, -1e4, -np.inf], np.float32)) == 0).all()


def test_gelu_is_that_of_the_error_function() -> None:
    x = np.linspace(-12, 12, 100_001, dtype=np.float32)
    expected = [0.5 * value * (1 + math.erf(value / math.sqrt(2))) for value in x.tolist()]
    assert np.abs(every(gelu, x) - expected).max() < 1e-6


def test_a_row_is_normalised() -> None:
    x, weight, bias = np.random.default_rng(0).standard_normal((3, 384)).astype(np.float32)
    out = np.empty_like(x)
    normalise(x, weight, bias, out)
    wide = x.astype(np.float64)
    expected = (wide - wide.mean()) / np.sqrt(wide.var() + 1e-5) * weight + bias
    np.testing.assert_allclose(out, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("size", [1.0, 1e-6, 1e6])
def test_a_narrow_row_is_near(size: float) -> None:
    row = (size * np.random.default_rng(0).standard_normal(384)).astype(np.float32)
    out = np.empty(384, np.int16)
    scale = narrowed(row, out, 2047)
    assert np.abs(out).max() == 2047
    assert np.abs(out * scale - row).max() <= 0.51 * scale
    copy = np.empty(384, np.float32)
    assert narrowed(row, copy, 2047) == 1 and (copy == row).all()


def test_a_row_of_fours_brings_what_its_sums_begin_with() -> None:
    row = np.random.default_rng(0).standard_normal(384).astype(np.float32)
    out, pairs = np.empty(384 + TAIL, np.int8), np.empty(384, np.int16)
    assert narrowed(row, out, 127) == narrowed(row, pairs, 127)
    assert (out[:384] == pairs).all()
    assert out[384:].view("<i4")[0] == -RAISED * int(pairs.sum())


def test_a_row_of_zeros_stays_one() -> None:
    out = np.ones(64, np.int16)
    assert np.isfinite(narrowed(np.zeros(64, np.float32), out, 2047)) and not out.any()


@pytest.mark.parametrize("spread", [0.0, 1.0, 20.0])
@pytest.mark.parametrize("kind", [np.int16, np.float32])
def test_attention_weights_are_a_softmax(kind: type, spread: float) -> None:
    scores = (spread * np.random.default_rng(0).standard_normal(1536)).astype(np.float32)
    expected = np.exp(scores[:1500] - scores[:1500].max())
    expected /= expected.sum()
    total, out = weighted(scores, 1500, np.full(1536, 9, kind))
    assert not out[1500:].any()
    assert np.abs(out[:1500] / total - expected).max() < 1e-4
    assert out.astype(np.int64).sum() * 127 < 2**31


def test_a_single_score_has_all_the_weight() -> None:
    total, out = weighted(np.full(64, -3.0, np.float32), 1, np.zeros(64, np.int16))
    assert out[0] == total and not out[1:].any()


@pytest.mark.parametrize("size", [1, 15, 16, 1000])
@pytest.mark.parametrize("shift", [-9.0, 0.0, 9.0])
def test_the_largest_is_found(size: int, shift: float) -> None:
    x = np.random.default_rng(size).standard_normal(size).astype(np.float32) + np.float32(shift)
    assert largest_of(x) == x.max()
    assert largest_size_of(x) == abs(x).max()


def test_the_largest_where_numbers_are_odd() -> None:
    least = np.float32(-np.inf)
    assert largest_of(np.array([], np.float32)) == least
    assert largest_of(np.array([least, least])) == least
    assert largest_of(np.array([least, -0.0, -1e-45], np.float32)) == 0
    assert largest_size_of(np.array([], np.float32)) == 0
