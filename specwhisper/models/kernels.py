"""How a matrix multiplies: the same y = x W^T + b, at the price each place in the network can afford.

A decoder pass reads every weight once, whatever its width, so it should cost the same for 1 token as for
12. The library's ``F.linear`` does not: on a CPU its price doubles from 3 rows to 4. Weights laid out
beforehand for the kernel that reads them ("prepacked") stay nearly flat to 9 rows and beyond.

**Rows do not know their neighbours.** Main's verdict on a token must not depend on how many others are
in the pass. So main's int8 kernels scale every row of activations by itself (cf. Dettmers et al. 2022,
"LLM.int8()", vector-wise quantisation), and sums of 8-bit products are exact in 32-bit integers: a row's
result is the same, bit for bit, at every width. The draft owes nothing to exactness and takes the
quickest int8 there is, with one scale for the whole pass.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import torch
import torch.nn.functional as F

NARROW = 3
"""Up to so many rows ``F.linear`` is the quickest float32 kernel; from 4 on the packed one is."""

_PACKED_FOR = 8  # rows the packed layout is made for: the middle of what a verify pass has
_LEVELS = 127
_ZERO = 128  # activations are unsigned in fbgemm: -1..1 becomes 1..255
_SMALLEST = 1e-12  # the scale of a row of zeros


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
    """The library's own multiplication, on any device and in any precision: the twin of all others."""

    weight: torch.Tensor
    bias: torch.Tensor | None

    @property
    def nbytes(self) -> int:
        return self.weight.nbytes + _bytes_of(self.bias)

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        return F.linear(x, self.weight, self.bias)


class Packed:
    """float32 with the weight laid out for oneDNN: for passes that are never narrow."""

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor | None) -> None:
        self._weight = torch.ops.mkldnn._reorder_linear_weight(weight, _PACKED_FOR)
        self._bias = bias
        self.nbytes = weight.nbytes + _bytes_of(bias)

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = torch.ops.mkldnn._linear_pointwise(x, self._weight, self._bias, "none", [], "")
        return result


class ByWidth:
    """Plain for narrow passes, packed for wide ones; the price is a second copy of the weight."""

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor | None) -> None:
        self._narrow = Plain(weight, bias)
        self._wide = Packed(weight, bias)
        self._inputs = weight.shape[1]
        self.nbytes = self._narrow.nbytes + self._wide.nbytes

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        narrow = x.numel() <= NARROW * self._inputs
        return self._narrow(x) if narrow else self._wide(x)


class RowInt8:
    """int8 for main's decoder: one scale per row of activations, one per channel of the weight (fbgemm).

    Every row is divided by its largest magnitude, so that one fixed scale fits all of them.
    """

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor | None) -> None:
        self._weight = _prepacked(weight)
        self._bias = bias
        self.nbytes = weight.numel() + 8 * weight.shape[0] + _bytes_of(bias)

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        scale = _row_scale(x)
        y: torch.Tensor = torch.ops.quantized.linear_with_input_q_dq_qweight_dq_output_fp32(
            x / scale, 1 / _LEVELS, _ZERO, self._weight
        )
        return y.mul_(scale) if self._bias is None else torch.addcmul(self._bias, y, scale)


class WideInt8:
    """The same arithmetic through oneDNN, whose kernels (AMX where there is) win from some 32 rows on."""

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor | None) -> None:
        quantised, self._scale = _per_channel(weight)
        self._weight = torch.ops.onednn.qlinear_prepack(quantised, None)
        self._zero = torch.zeros(weight.shape[0], dtype=torch.long)
        self._bias = bias
        self.nbytes = weight.numel() + 4 * weight.shape[0] + _bytes_of(bias)

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        scale = _row_scale(x) / _LEVELS
        quantised = (x / scale).round_().to(torch.int8)
        y: torch.Tensor = torch.ops.onednn.qlinear_pointwise(
            quantised,
            1.0,
            0,
            self._weight,
            self._scale,
            self._zero,
            None,
            1.0,
            0,
            torch.float32,
            "none",
            [],
            "",
        )
        return y.mul_(scale) if self._bias is None else torch.addcmul(self._bias, y, scale)


class LooseInt8:
    """int8 for the draft: one scale for all activations of a pass, in a single call (fbgemm)."""

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor | None) -> None:
        self._weight = _prepacked(weight, bias)
        self.nbytes = weight.numel() + 8 * weight.shape[0] + _bytes_of(bias)

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        y: torch.Tensor = torch.ops.quantized.linear_dynamic(x, self._weight, False)
        return y


class PlainInt8:
    """The plain twin of :class:`RowInt8` and :class:`WideInt8`: the same rounding, in float32.

    Slow; for machines without those kernels, and for the tests.
    """

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor | None) -> None:
        self._weight, self._scale = _per_channel(weight)
        self._bias = bias
        self.nbytes = weight.numel() + 4 * weight.shape[0] + _bytes_of(bias)

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        scale = _row_scale(x) / _LEVELS
        y = F.linear((x / scale).round_(), self._weight.float()) * self._scale * scale
        return y if self._bias is None else y + self._bias


@lru_cache(maxsize=1)
def has_packed() -> bool:
    """Whether this build of the library can lay float32 weights out for oneDNN."""
    return _works(Packed)


@lru_cache(maxsize=1)
def has_int8() -> bool:
    """Whether the int8 kernels exist here: fbgemm and oneDNN, that is, an x86 processor."""
    return _works(RowInt8) and _works(WideInt8) and _works(LooseInt8)


def _works(maker: Maker) -> bool:
    """Tried rather than looked up: a build may know an operator's name and refuse to run it."""
    try:
        maker(torch.ones(16, 16), torch.ones(16))(torch.ones(2, 16))
    except (RuntimeError, AttributeError, NotImplementedError):
        return False
    return True


def _per_channel(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """[out, in] as int8 with a scale per output channel [out]."""
    scale = weight.abs().amax(1).clamp_(min=_SMALLEST) / _LEVELS
    return (weight / scale[:, None]).round_().to(torch.int8), scale


def _prepacked(weight: torch.Tensor, bias: torch.Tensor | None = None) -> Any:
    """int8 per channel, in fbgemm's layout."""
    integers, scale = _per_channel(weight)
    with warnings.catch_warnings():
        # The library announces that quantised tensors will go; the operators here have no other way in.
        warnings.simplefilter("ignore", UserWarning)
        quantised = torch._make_per_channel_quantized_tensor(
            integers, scale.double(), torch.zeros(weight.shape[0], dtype=torch.long), 0
        )
    return torch.ops.quantized.linear_prepack(quantised, bias)


def _row_scale(x: torch.Tensor) -> torch.Tensor:
    """The largest magnitude of every row, [..., 1]."""
    # Not ``vector_norm``, which takes ten times as long over a few rows.
    return x.abs().amax(-1, keepdim=True).clamp_(min=_SMALLEST)


def _bytes_of(tensor: torch.Tensor | None) -> int:
    return 0 if tensor is None else tensor.nbytes
