"""How weights, keys and values lie in memory for the kernels of :mod:`tiles`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F

from specwhisper.network.cpu.bf16x3 import has_two_parts, in_parts
from specwhisper.network.cpu.tiles import GROUP, RAISED, has_fours, instructions
from specwhisper.network.layers import Norm
from specwhisper.network.rounding import per_channel

Numbers = Literal["int8", "fp32", "bf16x3"]
"""``bf16x3`` is float32 by a matrix unit, see :mod:`bf16x3`."""

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
    "bf16x3": Kinds(np.uint16, np.float32, np.float32),
}


def numbers_for(weights: Iterable[torch.Tensor], numbers: Numbers) -> Numbers:
    """What weights are packed in: float32 as such where some of them would have a third part."""
    fits = numbers != "bf16x3" or all(map(has_two_parts, weights))
    return numbers if fits else "fp32"


def numbers_of(data: torch.Tensor) -> Numbers:
    """What a weight was packed in."""
    of_type: dict[torch.dtype, Numbers] = {torch.float32: "fp32", torch.int16: "bf16x3"}
    return of_type.get(data.dtype, "int8")


@dataclass(frozen=True)
class Packed:
    """A weight [out, in] laid out in groups of 64 outputs.

    Attributes:
        data: [out / 64, in, 64] float32, [out / 64, in / 2, 64, 2] int8, [out / 64, in / 4, 64, 4] uint8, or
            [out / 64, 128 in] int16, float32 in parts.
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
        if numbers == "bf16x3":
            return cls(in_parts(weight), scale, bias, outputs)
        if numbers == "fp32":
            groups = weight.view(-1, GROUP, inputs)
            return cls(groups.transpose(1, 2).contiguous(), scale, bias, outputs)
        rounded, scale = per_channel(weight)
        together = 4 if FOURS else 2
        packed = rounded.view(-1, GROUP, inputs // together, together).transpose(1, 2).contiguous()
        if FOURS:
            packed = (packed.to(torch.int16) + RAISED).to(torch.uint8)
        return cls(packed, scale, bias, outputs)

    def parts(self, name: str) -> Iterator[tuple[str, torch.Tensor]]:
        """Its arrays by name, as :meth:`held` takes them."""
        yield f"{name}.data", self.data
        yield f"{name}.scale", self.scale
        yield f"{name}.bias", self.bias

    @classmethod
    def held(cls, parts: Mapping[str, torch.Tensor], name: str, outputs: int | None = None) -> Packed:
        """From arrays by name; without ``outputs`` all of them are real."""
        data, scale, bias = (parts[f"{name}.{part}"] for part in ("data", "scale", "bias"))
        return cls(data, scale, bias, len(scale) if outputs is None else outputs)

    @property
    def nbytes(self) -> int:
        return self.data.nbytes + self.scale.nbytes + self.bias.nbytes


def flattened(norms: Sequence[Norm], packed: Sequence[Packed]) -> torch.Tensor:
    """The parameters of a layer that are no matrices, one after the other, as the passes index them."""
    parts = [part for norm in norms for part in (norm.weight, norm.bias)]
    return torch.cat([*parts, *(part for each in packed for part in (each.scale, each.bias))])
