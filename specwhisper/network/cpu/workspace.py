"""Memory that passes of a decoder work in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from specwhisper.network.cpu.aligned import empty
from specwhisper.network.cpu.attend import ROWS
from specwhisper.network.cpu.packing import KINDS, Numbers
from specwhisper.network.cpu.thread_pool import MOST
from specwhisper.network.cpu.tiles import GROUP, MOST_ROWS, TAIL
from specwhisper.network.dimensions import HEAD_SIZE


@dataclass(frozen=True)
class Spaces:
    """Where passes of at most so many rows work.

    Attributes:
        floats: attention outputs [R, D]; hidden states [R, 4D]; per thread a row [D], a head's query, key and
            value [3, R, 64], attention scores and the scales of rows [R].
        narrowed: per thread the rows as kernels take them: [R, D], [R, 4D], queries, attention weights.
        sums: per thread, of one group of outputs.
    """

    rows: int
    floats: tuple[np.ndarray, ...]
    narrowed: tuple[np.ndarray, ...]
    sums: np.ndarray

    @classmethod
    def of(cls, rows: int, size: int, positions: int, numbers: Numbers) -> Spaces:
        """For states of ``size`` numbers and so many positions of audio or text."""
        kinds, together = KINDS[numbers], min(rows, ROWS)
        floats = (
            (rows, size),
            (rows, 4 * size),
            (MOST, size),
            (MOST, 3, rows, HEAD_SIZE),
            (MOST, together, positions),
            (MOST, rows),
        )
        narrowed = ((MOST, rows, size + TAIL), (MOST, rows, 4 * size + TAIL))
        asking = ((MOST, together, HEAD_SIZE), (MOST, together, positions))
        return cls(
            rows,
            tuple(empty(shape, np.float32) for shape in floats),
            (
                *(empty(shape, kinds.rows) for shape in narrowed),
                *(empty(shape, kinds.asking) for shape in asking),
            ),
            empty((MOST, rows, GROUP), kinds.sums),
        )


class Workspace:
    """The spaces of a decoder, made anew when more rows are asked for at once than ever before."""

    def __init__(self, size: int, positions: int, numbers: Numbers) -> None:
        self.numbers = numbers
        self._kind = size, positions, numbers
        self._spaces = Spaces.of(MOST_ROWS, *self._kind)

    def fitting(self, rows: int) -> Spaces:
        """Room for a pass of so many rows."""
        spaces = self._spaces
        if spaces.rows < rows:
            spaces = self._spaces = Spaces.of(rows, *self._kind)
        return spaces
