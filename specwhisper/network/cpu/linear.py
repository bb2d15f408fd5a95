"""A linear layer of its own, for hundreds of rows."""

from __future__ import annotations

import numpy as np

from specwhisper.network.cpu.jobs import LAYER, Job
from specwhisper.network.cpu.machine import of_many_rows
from specwhisper.network.cpu.packing import Numbers, Packed
from specwhisper.network.cpu.thread_pool import run


class Product:
    """y = x W^T + b in either kind of numbers; a row does not know its neighbours."""

    def __init__(self, packed: Packed, numbers: Numbers) -> None:
        self._packed = packed
        self._numbers = numbers
        self.nbytes = packed.nbytes

    def into(self, x: np.ndarray, out: np.ndarray) -> np.ndarray:
        """[R, in] to ``out`` [R, out], which is returned; both float32, and the outputs a multiple of 64."""
        packed = self._packed
        weight = packed.data.data_ptr(), packed.scale.numpy(), packed.bias.numpy()
        run(
            len(x) * packed.data.nbytes,
            Job.of(LAYER, self._numbers, x, *weight, out, of_many_rows(self._numbers)),
        )
        return out
