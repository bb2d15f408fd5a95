"""How rows are cut into portions."""

from __future__ import annotations

import numpy as np
import pytest

from specwhisper.network.cpu.portions import LITTLE, TALL_BLOCK, TALL_LITTLE, edge_of, portions_of
from specwhisper.network.cpu.tiles import BLOCK


@pytest.mark.parametrize("sizes", [(np.int64(BLOCK), LITTLE), (TALL_BLOCK, TALL_LITTLE)])
@pytest.mark.parametrize("team", [1, 2, 16])
@pytest.mark.parametrize("rows", [1, 11, 48, 95, 96, 97, 800, 1500])
def test_portions_cover_every_row_once_and_the_last_ones_are_small(
    rows: int, team: int, sizes: tuple[np.int64, np.int64]
) -> None:
    block, little = sizes
    portions = portions_of(np.int64(rows), np.int64(team), sizes)
    edges = [edge_of(np.int64(part), np.int64(rows), np.int64(team), sizes) for part in range(portions + 1)]
    found = np.diff(edges)
    assert (edges[0], edges[-1]) == (0, rows)
    assert (found > 0).all() and (found <= block).all()
    assert (found[-min(team, portions) :] <= little).all()
