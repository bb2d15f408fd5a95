"""The product of a few rows with 64 columns, exact to the bit, in every way a processor may do it."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit

from specwhisper.models.fused.tiles import GROUP, MOST_ROWS, RAISED, TAIL, has_fours, instructions, tile_of

EVERY_WAY = ["any", "avx2", "avx512", "vnni"]
WAYS = EVERY_WAY[: EVERY_WAY.index(instructions()) + 1]
INPUTS = 128


def product(
    x: np.ndarray, packed: np.ndarray, rows: int, way: str, first: int = 0, fleeting: bool = False
) -> np.ndarray:
    tile = tile_of(rows, way)
    sums = np.full((MOST_ROWS, GROUP), 7, np.float32 if x.dtype == np.float32 else np.int32)
    steps = INPUTS * x.itemsize // 4

    @njit
    def run(weight, x, first, steps, sums, fleeting):
        tile(weight, x, first, steps, sums, fleeting)

    run(packed.ctypes.data, x, first, steps, sums, int(fleeting))
    return sums


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("rows", range(1, MOST_ROWS + 1))
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


@pytest.mark.parametrize("way", WAYS)
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
def test_whether_weights_stay_in_the_caches_changes_no_bit(rows: int) -> None:
    made = np.random.default_rng(2)
    weight, x = made.standard_normal((INPUTS, GROUP)), made.standard_normal((rows, INPUTS))
    weight, x = weight.astype(np.float32), x.astype(np.float32)
    both = [product(x, weight, rows, instructions(), fleeting=fleeting) for fleeting in (False, True)]
    assert (both[0][:rows] == both[1][:rows]).all()
