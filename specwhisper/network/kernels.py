"""How a matrix of the plain network multiplies: y = x W^T + b.

The fused network of a CPU (:mod:`specwhisper.network.cpu`) has its own way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch
import torch.nn.functional as F

from specwhisper.network.rounding import LEVELS, SMALLEST, per_channel


class Kernel(Protocol):
    """A matrix ready to multiply."""

    @property
    def nbytes(self) -> int:
        """Memory it holds."""
        ...

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """[..., in] -> [..., out]."""
        ...


Maker = Callable[[torch.Tensor, torch.Tensor | None], Kernel]
"""From a weight [out, in] and a bias [out] or None to a kernel."""


@dataclass(frozen=True)
class Plain:
    """The library's own multiplication, on any device and in any precision."""

    weight: torch.Tensor
    bias: torch.Tensor | None

    @property
    def nbytes(self) -> int:
        return self.weight.nbytes + _bytes_of(self.bias)

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        return F.linear(x, self.weight, self.bias)


class WideHead:
    """The library's multiplication of half-precision numbers, whose sums come out in float32.

    In float16 logits above 32 would be 0.03 apart, and many best tokens equal to the second best.
    """

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor | None) -> None:
        assert bias is None, "Whisper's output head has none"
        self._weight = weight
        self.nbytes = weight.nbytes
        self._wide = weight.is_cuda and _multiplies_wide(weight)

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        if self._wide:
            flat = torch.mm(x.flatten(0, -2), self._weight.t(), out_dtype=torch.float32)
            return flat.view(*x.shape[:-1], -1)
        if self._weight.is_cuda:
            return F.linear(x, self._weight)
        return F.linear(x.float(), self._weight.float())


def _multiplies_wide(weight: torch.Tensor) -> bool:
    """Whether this card and this PyTorch hand out float32 sums of products in float16."""
    try:
        torch.mm(weight[:8], weight[:8].t(), out_dtype=torch.float32)
    except (RuntimeError, NotImplementedError, TypeError):
        return False
    return True


class PlainBf16:
    """The library's multiplication in bfloat16, which sums in float32, of numbers that come in any precision.

    What goes in and out of a layer stays in float32 where the caller adds it to that: 8 bits of mantissa are
    enough for products, not for a sum over dozens of layers.
    """

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor | None) -> None:
        self._weight = weight.bfloat16()
        self._bias = None if bias is None else bias.bfloat16()
        self.nbytes = self._weight.nbytes + _bytes_of(self._bias)

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        return F.linear(x.bfloat16(), self._weight, self._bias)


class PlainInt8:
    """The plain twin of the fused int8 product: the same rounding, in float32. Slow; to compare with."""

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor | None) -> None:
        self._weight, self._scale = per_channel(weight)
        self._bias = bias
        self.nbytes = weight.numel() + 4 * weight.shape[0] + _bytes_of(bias)

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        scale = x.abs().amax(-1, keepdim=True).clamp_(min=SMALLEST) / LEVELS
        y = F.linear((x / scale).round_(), self._weight.float()) * self._scale * scale
        return y if self._bias is None else y + self._bias


def _bytes_of(tensor: torch.Tensor | None) -> int:
    return 0 if tensor is None else tensor.nbytes
