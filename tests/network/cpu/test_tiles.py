"""The product of a few rows with 64 columns, exact to the bit, in every way a processor may do it."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import pytest
from numba import njit

from specwhisper.network.cpu.tiles import (
    FLEETING,
    GROUP,
    MOST_ROWS,
    RAISED,
    SPAN,
    STAYS,
    TAIL,
    has_fours,
    instructions,
    multiply_all,
    tile_of,
)
from tests.marks import EXHAUSTIVE

EVERY_WAY = ["any", "avx2", "avx512", "vnni"]
WAYS = EVERY_WAY[: EVERY_WAY.index(instructions()) + 1]
INPUTS = 128


@lru_cache
def compiled(rows: int, way: str) -> Callable[..., None]:
    """A product of so many rows; to compile it takes a second."""
    tile = tile_of(rows, way)

    @njit
    def run(weight, x, first, steps, sums, ahead, cut):
        if cut:
            tile(weight, x, first, steps, np.int64(0), cut, sums, ahead)
        tile(weight, x, first, steps, cut, steps - cut, sums, ahead)

    return run


def product(
    x: np.ndarray, packed: np.ndarray, rows: int, way: str, first: int = 0, ahead: int = 0, cut: int = 0
) -> np.ndarray:
    """Rows from ``first`` on times a group, in one go or in two, the first of ``cut`` steps."""
    sums = np.full((first + MOST_ROWS, GROUP), 7, np.float32 if x.dtype == np.float32 else np.int32)
    steps = INPUTS * x.itemsize // 4
    compiled(rows, way)(packed.ctypes.data, x, first, steps, sums, ahead, cut)
    return sums[first:]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "rows", [1, *(pytest.param(rows, marks=EXHAUSTIVE) for rows in range(2, MOST_ROWS)), MOST_ROWS]
)
def test_integers_are_exact(rows: int, way: str) -> None:
    made = np.random.default_rng(rows)
    weight = made.integers(-127, 128, (GROUP, INPUTS)).astype(np.int8)
    x = made.integers(-32_767, 32_768, (rows + 1, INPUTS)).astype(np.int16)
    packed = np.ascontiguousarray(weight.reshape(GROUP, INPUTS // 2, 2).transpose(1, 0, 2))
    sums = product(x, packed, rows, way, first=1)
    assert (sums[:rows] == x[1:].astype(np.int64) @ weight.T.astype(np.int64)).all()
    assert (sums[rows:] == 7).all()


@pytest.mark.parametrize("way", [way for way in WAYS if has_fours(way)])
@pytest.mark.parametrize("rows", range(1, MOST_ROWS + 1))
def test_fours_are_exact(rows: int, way: str) -> None:
    made = np.random.default_rng(rows)
    weight = made.integers(-127, 128, (GROUP, INPUTS))
    x = made.integers(-127, 128, (rows + 1, INPUTS)).astype(np.int8)
    beginning = (-RAISED * x.sum(1, dtype=np.int32)).astype("<i4").view(np.int8).reshape(-1, TAIL)
    raised = (weight + RAISED).astype(np.uint8)
    packed = np.ascontiguousarray(raised.reshape(GROUP, INPUTS // 4, 4).transpose(1, 0, 2))
    sums = product(np.hstack([x, beginning]), packed, rows, way, first=1)
    assert (sums[:rows] == x[1:].astype(np.int64) @ weight.T).all()


@pytest.mark.parametrize(
    "way", [way if way == instructions() else pytest.param(way, marks=EXHAUSTIVE) for way in WAYS]
)
def test_a_row_of_floats_has_the_same_bits_in_every_tile(way: str) -> None:
    made = np.random.default_rng(1)
    weight, x = made.standard_normal((GROUP, INPUTS)), made.standard_normal((MOST_ROWS, INPUTS))
    weight, x = weight.astype(np.float32), x.astype(np.float32)
    packed = np.ascontiguousarray(weight.T)
    whole = product(x, packed, MOST_ROWS, way)
    np.testing.assert_allclose(whole, x @ weight.T, rtol=1e-4, atol=1e-4)
    for rows in range(1, MOST_ROWS):
        for first in range(MOST_ROWS - rows + 1):
            assert (product(x, packed, rows, way, first)[:rows] == whole[first : first + rows]).all()


@pytest.mark.parametrize("rows", [1, MOST_ROWS])
@pytest.mark.parametrize(("ahead", "cut"), [(int(FLEETING), 0), (1_024, 0), (0, 32), (4_096, 100)])
def test_how_weights_are_fetched_and_where_sums_are_interrupted_changes_no_bit(
    rows: int, ahead: int, cut: int
) -> None:
    made = np.random.default_rng(2)
    weight, x = made.standard_normal((INPUTS, GROUP)), made.standard_normal((rows, INPUTS))
    weight, x = weight.astype(np.float32), x.astype(np.float32)
    plain = product(x, weight, rows, instructions())
    other = product(x, weight, rows, instructions(), ahead=ahead, cut=cut)
    assert (plain[:rows] == other[:rows]).all()


@njit
def _all(weight, x, rows, inputs, sums, fetch):
    multiply_all(weight, x, rows, inputs, sums, fetch)


@pytest.mark.parametrize("fetch", [STAYS, FLEETING])
@pytest.mark.parametrize("inputs", [SPAN // 2, SPAN, 2 * SPAN + 32])
def test_a_row_has_the_same_bits_among_any_number_of_rows(inputs: int, fetch: np.int64) -> None:
    made = np.random.default_rng(3)
    weight = made.standard_normal((inputs, GROUP)).astype(np.float32)
    x = made.standard_normal((50, inputs)).astype(np.float32)
    alone = np.empty((50, GROUP), np.float32)
    for row in range(50):
        _all(weight.ctypes.data, x[row : row + 1].copy(), 1, inputs, alone[row : row + 1], STAYS)
    np.testing.assert_allclose(alone, x @ weight, rtol=1e-3, atol=1e-4)
    for rows in (1, 4, 5, 6, 7, 8, 11, 13, 17, 24, 48, 50):
        sums = np.empty((rows, GROUP), np.float32)
        _all(weight.ctypes.data, x, rows, inputs, sums, fetch)
        assert (sums == alone[:rows]).all()
