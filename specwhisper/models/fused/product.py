"""A linear layer of its own, for hundreds of rows."""

from __future__ import annotations

import numpy as np
import torch

from specwhisper.models.fused.jobs import LAYER, Job
from specwhisper.models.fused.packing import Numbers, Packed
from specwhisper.models.fused.thread_pool import run


class Product:
    """y = x W^T + b in either kind of numbers; a row does not know its neighbours."""

    def __init__(self, packed: Packed, numbers: Numbers) -> None:
        self._packed = packed
        self._numbers = numbers
        self.nbytes = packed.nbytes

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """[..., in] -> [..., out]."""
        packed = self._packed
        rows = x.reshape(-1, x.shape[-1]).numpy()
        out = np.empty((len(rows), packed.scale.numel()), np.float32)
        weight = packed.data.data_ptr(), packed.scale.numpy(), packed.bias.numpy()
        run(len(rows) * packed.data.nbytes, Job.of(LAYER, self._numbers, rows, *weight, out))
        return torch.from_numpy(out)[:, : packed.outputs].view(*x.shape[:-1], packed.outputs)
