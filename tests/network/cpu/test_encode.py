"""How rows are cut into portions."""

from __future__ import annotations

import numpy as np
import pytest

from specwhisper.network.cpu.encode import LITTLE, edge_of, portions_of
from specwhisper.network.cpu.tiles import BLOCK


@pytest.mark.parametrize("team", [1, 2, 16])
@pytest.mark.parametrize("rows", [1, 11, 48, 95, 96, 97, 800, 1500])
def test_portions_cover_every_row_once_and_the_last_ones_are_small(rows: int, team: int) -> None:
    portions = portions_of(np.int64(rows), np.int64(team))
    edges = [edge_of(np.int64(part), np.int64(rows), np.int64(team)) for part in range(portions + 1)]
    sizes = np.diff(edges)
    assert (edges[0], edges[-1]) == (0, rows)
    assert (sizes > 0).all() and (sizes <= BLOCK).all()
    assert (sizes[-min(team, portions) :] <= LITTLE).all()
