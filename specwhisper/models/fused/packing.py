"""How weights, keys and values lie in memory for the kernels of :mod:`tiles`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F

from specwhisper.models.dimensions import HEAD_SIZE
from specwhisper.models.fused.tiles import GROUP, RAISED, has_fours, instructions
from specwhisper.models.layers import Norm
from specwhisper.models.rounding import SMALLEST, WEIGHT_LEVELS, per_channel

Numbers = Literal["int8", "fp32"]

FOURS = has_fours(instructions())
"""Whether int8 weights are multiplied in fours here, rather than in pairs; the sums are the same."""


@dataclass(frozen=True)
class Kinds:
    """What numbers are in a pass: rows of a linear layer, rows of attention, and sums."""

    rows: type[np.generic]
    asking: type[np.generic]
    sums: type[np.generic]


KINDS: dict[Numbers, Kinds] = {
    "int8": Kinds(np.int8 if FOURS else np.int16, np.int16, np.int32),
    "fp32": Kinds(np.float32, np.float32, np.float32),
}


@dataclass(frozen=True)
class Packed:
    """A weight [out, in] laid out in groups of 64 outputs.

    Attributes:
        data: [out / 64, in, 64] float32, [out / 64, in / 2, 64, 2] int8, or [out / 64, in / 4, 64, 4] uint8.
        scale: [out] float32, what a sum is multiplied by.
        bias: [out] float32.
        outputs: how many of the outputs are real: the rest, up to a multiple of 64, is 0.
    """

    data: torch.Tensor
    scale: torch.Tensor
    bias: torch.Tensor
    outputs: int

    @classmethod
    def of(cls, weight: torch.Tensor, bias: torch.Tensor | None, numbers: Numbers) -> Packed:
        """From float weights [out, in]; int8 has a scale per output channel."""
        outputs, inputs = weight.shape
        missing = -outputs % GROUP
        weight = F.pad(weight.float(), (0, 0, 0, missing))
        bias = F.pad(torch.zeros(outputs) if bias is None else bias.float(), (0, missing))
        scale = torch.ones(outputs + missing)
        groups = weight.view(-1, GROUP, inputs)
        if numbers == "fp32":
            return cls(groups.transpose(1, 2).contiguous(), scale, bias, outputs)
        rounded, scale = per_channel(weight)
        together = 4 if FOURS else 2
        packed = rounded.view(-1, GROUP, inputs // together, together).transpose(1, 2).contiguous()
        if FOURS:
            packed = (packed.to(torch.int16) + RAISED).to(torch.uint8)
        return cls(packed, scale, bias, outputs)

    @property
    def nbytes(self) -> int:
        return self.data.nbytes + self.scale.nbytes + self.bias.nbytes


def flattened(norms: Sequence[Norm], packed: Sequence[Packed]) -> torch.Tensor:
    """The parameters of a layer that are no matrices, one after the other, as the passes index them."""
    parts = [part for norm in norms for part in (norm.weight, norm.bias)]
    return torch.cat([*parts, *(part for each in packed for part in (each.scale, each.bias))])


@dataclass(frozen=True)
class AudioLayer:
    """What one layer heard of one clip.

    Attributes:
        keys: per head as a weight [positions, 64]; their scale per position, [H, positions].
        values: per head as a weight [64, positions]; their scale per dimension, [H, 64].
    """

    keys: torch.Tensor
    key_scale: torch.Tensor
    values: torch.Tensor
    value_scale: torch.Tensor

    @classmethod
    def of(cls, keys_values: torch.Tensor, numbers: Numbers) -> AudioLayer:
        """From keys and values [S, 2 x D]."""
        positions = keys_values.shape[0]
        both = F.pad(keys_values, (0, 0, 0, -positions % GROUP))
        keys, values = both.view(both.shape[0], 2, -1, HEAD_SIZE).permute(1, 2, 0, 3)  # [H, S, 64] each
        heads, padded, _ = keys.shape
        if numbers == "fp32":
            tiled = keys.reshape(heads, -1, GROUP, HEAD_SIZE).transpose(2, 3)
            return cls(
                tiled.contiguous(),
                torch.ones(heads, padded),
                values.contiguous(),
                torch.ones(heads, HEAD_SIZE),
            )
        key_scale = keys.abs().amax(2).clamp_(min=SMALLEST) / WEIGHT_LEVELS
        value_scale = values.abs().amax(1).clamp_(min=SMALLEST) / WEIGHT_LEVELS
        whole_keys = (keys / key_scale[..., None]).round_().to(torch.int8)
        whole_values = (values / value_scale[:, None]).round_().to(torch.int8)
        return cls(
            whole_keys.view(heads, -1, GROUP, HEAD_SIZE // 2, 2).transpose(2, 3).contiguous(),
            key_scale.contiguous(),
            whole_values.view(heads, padded // 2, 2, HEAD_SIZE).transpose(2, 3).contiguous(),
            value_scale.contiguous(),
        )

    def keys_of(self, head: int, heard: int) -> torch.Tensor:
        """One head's keys as they were, but for rounding: [S, 64]."""
        if self.keys.dtype == torch.float32:
            return self.keys[head].transpose(1, 2).reshape(-1, HEAD_SIZE)[:heard]
        whole = self.keys[head].transpose(1, 2).reshape(-1, HEAD_SIZE)
        return (whole * self.key_scale[head][:, None])[:heard]

    @property
    def addresses(self) -> list[int]:
        """Of keys, their scale, values, their scale."""
        return [each.data_ptr() for each in (self.keys, self.key_scale, self.values, self.value_scale)]
