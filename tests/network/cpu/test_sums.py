"""Sums become outputs: the row's scale, the output's, its offset; set or added."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit

from specwhisper.network.cpu.sums import ADD, SET, begun_with, joined, scaled
from specwhisper.network.cpu.tiles import GROUP, TAIL

ROWS, COLUMN = 5, 64


@njit
def _scaled(sums, rows, scales, factor, offset, out, how):
    scaled(sums, rows, scales, factor, offset, out, np.int64(COLUMN), how)


@njit
def _begun(sums, rows, x, inputs):
    begun_with(sums, rows, x, inputs)


@njit
def _joined(high, low, rows, scales, factor, out, most):
    joined(high, low, rows, scales, factor, out, np.int64(COLUMN), most)


@pytest.fixture
def made() -> np.random.Generator:
    return np.random.default_rng(5)


@pytest.mark.parametrize("how", [SET, ADD])
@pytest.mark.parametrize("kind", [np.int32, np.float32])
def test_rows_are_scaled(made: np.random.Generator, kind: type[np.generic], how: int) -> None:
    sums = made.integers(-(10**6), 10**6, (ROWS + 1, GROUP)).astype(kind)
    scales, factor, offset = (made.normal(size=n).astype(np.float32) for n in (ROWS + 1, GROUP, GROUP))
    out = made.normal(size=(ROWS + 1, 192)).astype(np.float32)
    wanted = out.astype(np.float64)
    values = sums[:ROWS] * (scales[:ROWS, None] * factor).astype(np.float64) + offset
    place = np.s_[:ROWS, COLUMN : COLUMN + GROUP]
    wanted[place] = values + (wanted[place] if how == ADD else 0)
    _scaled(sums, np.int64(ROWS), scales, factor, offset, out, how)
    np.testing.assert_allclose(out, wanted, rtol=1e-5, atol=0.2)
    untouched = np.ones(out.shape, bool)
    untouched[place] = False
    assert (out[untouched] == wanted[untouched].astype(np.float32)).all()


def test_a_row_begins_with_what_is_behind_its_inputs(made: np.random.Generator) -> None:
    sums = made.integers(-(10**6), 10**6, (ROWS, GROUP)).astype(np.int32)
    starts = made.integers(-(10**6), 10**6, ROWS).astype("<i4")
    x = np.zeros((ROWS, 128 + TAIL), np.int8)
    x[:, 128:] = starts.view(np.int8).reshape(ROWS, TAIL)
    wanted = sums + starts[:, None]
    _begun(sums, np.int64(ROWS), x, np.int64(128))
    assert (sums == wanted).all()


def test_bytes_that_went_apart_are_joined(made: np.random.Generator) -> None:
    high, low = (made.integers(-(10**5), 10**5, (ROWS, GROUP)).astype(np.int32) for _ in range(2))
    scales, factor = (made.normal(size=n).astype(np.float32) for n in (ROWS, GROUP))
    out = np.zeros((ROWS, 128), np.float32)
    most = np.full((ROWS, 16), -np.inf, np.float32)
    most[1] = 1e9
    _joined(high, low, np.int64(ROWS), scales, factor, out, most)
    wanted = (256 * high + low) * (scales[:, None] * factor).astype(np.float64)
    np.testing.assert_allclose(out[:, COLUMN:], wanted, rtol=1e-5)
    assert (out[:, :COLUMN] == 0).all()
    assert (
        most.max(1) == np.maximum(out[:, COLUMN:].max(1), [-np.inf, 1e9, -np.inf, -np.inf, -np.inf])
    ).all()
