"""A linear layer over hundreds of rows, as the encoder has them."""

from __future__ import annotations

import numpy as np
import torch

from specwhisper.models.fused.jit import compiled
from specwhisper.models.fused.maths import LEVELS, narrow
from specwhisper.models.fused.packing import Numbers, Packed
from specwhisper.models.fused.passes import SET, group_of
from specwhisper.models.fused.team import TEAM
from specwhisper.models.fused.tiles import GROUP, MOST_ROWS

BLOCK = 8 * MOST_ROWS
"""Rows that go through all of a weight together: they fit the second cache, beside a group of the weight."""


@compiled
def through_layer(me, team, gate, x, weight, scale, bias, kind, sum_kind, out):  # type: ignore[no-untyped-def]
    """``x`` [R, in] to ``out`` [R, out rounded up to 64], a share of the rows per thread.

    ``kind`` and ``sum_kind`` are arrays whose dtypes say what is multiplied and what is added up.
    """
    rows, inputs = x.shape
    narrowed = np.empty((BLOCK, inputs), kind.dtype)
    sums = np.empty((MOST_ROWS, GROUP), sum_kind.dtype)
    scales = np.empty(BLOCK, np.float32)
    last = rows * (me + 1) // team
    for first in range(rows * me // team, last, BLOCK):
        some = min(BLOCK, last - first)
        for row in range(some):
            scales[row] = narrow(x[first + row], narrowed[row], LEVELS)
        for group in range(scale.shape[0] // GROUP):
            group_of(
                weight, group, narrowed, scales, some, inputs, scale, bias, sums,
                out[first : first + some], group * GROUP, SET,
            )  # fmt: skip


class WideInt8:
    """int8: a scale per row of activations and per channel of the weight, exact sums."""

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor | None) -> None:
        self._packed = Packed.of(weight, bias, "int8")
        self.nbytes = self._packed.nbytes

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        packed = self._packed
        rows = x.reshape(-1, x.shape[-1])
        out = np.empty((rows.shape[0], packed.scale.numel()), np.float32)
        TEAM.run(
            len(rows) * packed.data.nbytes,
            through_layer,
            rows.numpy(),
            packed.data.data_ptr(),
            packed.scale.numpy(),
            packed.bias.numpy(),
            _KIND,
            _SUM_KIND,
            out,
        )
        return torch.from_numpy(out)[:, : packed.outputs].view(*x.shape[:-1], packed.outputs)


_KIND, _SUM_KIND = np.empty(0, np.int16), np.empty(0, np.int32)
