"""What the decode loop asks of a network: one pass over some rows, each at its own place.

A row is one window that is being written. The loop knows a network only through :class:`Rows`, so that it
runs unchanged on the real network, on tiny random ones and on a scripted one in the tests.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import torch

from specwhisper.decoding.reader import Reader
from specwhisper.network.kernels import Kernel


class Pass(NamedTuple):
    """What one row reads in a pass.

    Attributes:
        tokens: ids, any number of them; none for a row that only stands between two that read.
        start: position of the first; the row's cache holds everything before it.
        wanted: the logits after so many of the last tokens are asked for.
    """

    tokens: Sequence[int]
    start: int
    wanted: int


class Rows(Protocol):
    """A network reading several windows side by side."""

    def read(self, passes: Sequence[Pass], first: int = 0, head: Kernel | None = None) -> torch.Tensor:
        """One pass over the rows ``first``, ``first + 1``, ...

        Args:
            head: another output head than the network's own.

        Returns:
            [wanted of all rows, V] float32: the logits asked for, row after row.
        """
        ...

    def alone(self, row: int) -> Reader:
        """A reader of one row: its passes are those of decoding that row by itself."""
        ...
