"""Arrays begin at a cache line."""

from __future__ import annotations

import numpy as np
import pytest

from specwhisper.network.cpu.aligned import LINE, empty, in_lines


@pytest.mark.parametrize("kind", [np.int8, np.int16, np.int32, np.float32])
def test_every_array_begins_at_a_line(kind: type[np.generic]) -> None:
    for rows, columns in ((1, 1), (3, 5), (48, 832), (1500, 3072)):
        for array in (empty((rows, columns), kind), in_lines(rows, columns, np.zeros(0, kind))):
            assert array.shape == (rows, columns) and array.dtype == kind
            assert array.ctypes.data % LINE == 0 and array.flags.c_contiguous
            array[:] = 1  # all of it is there
