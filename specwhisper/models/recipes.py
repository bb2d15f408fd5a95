"""Which kernels a network is built from: the one place where precision, device and role meet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch

from specwhisper.models.fused.packing import Numbers
from specwhisper.models.fused.wide import WideInt8
from specwhisper.models.kernels import Maker, Packed, Plain, PlainInt8, has_packed

Role = Literal["main", "draft"]


@dataclass(frozen=True)
class Recipe:
    """How a network multiplies.

    Attributes:
        dtype: of activations, norms and caches, and of the weights where they are not int8.
        wide: kernels of the encoder and of the audio's keys and values: hundreds of rows a pass.
        narrow: kernels of the decoder: one row to some dozens.
        attention: dtype of the encoder's attention.
        float_head: the token embedding, in which tokens are looked up, is the head's weight as well and
            shares its memory; otherwise it stays in the dtype it was stored in.
        fused: the numbers of a decoder that is one compiled function (CPU); None is the plain one.
        exact_rows: the decoder gives a token the same logits, bit for bit, at every width.
    """

    dtype: torch.dtype = torch.float32
    wide: Maker = Plain
    narrow: Maker = Plain
    attention: torch.dtype = torch.float32
    float_head: bool = True
    exact_rows: bool = False
    fused: Numbers | None = None


def recipe_for(precision: str, device: torch.device, role: Role = "main", *, plain: bool = False) -> Recipe:
    """The quickest kernels that keep what the role promises.

    Args:
        precision: ``fp32``, ``fp16`` or ``int8``, as main shall have it.
        role: main must give a row the same result at every width; a draft need not, and is int8 on a CPU
            whatever main is.
        plain: every fast path off; the draft then has main's precision.
    """
    if device.type != "cpu" or precision == "fp16":
        dtype = torch.float16 if precision == "fp16" else torch.float32
        return Recipe(dtype, attention=dtype)
    if plain:
        whole = Recipe(wide=PlainInt8, narrow=PlainInt8, float_head=False, exact_rows=True)
        return whole if precision == "int8" else Recipe()
    if precision == "int8" or role == "draft":
        return Recipe(wide=WideInt8, attention=_half_where_quick(), fused="int8")
    return Recipe(wide=Packed if has_packed() else Plain, fused="fp32")


def _half_where_quick() -> torch.dtype:
    """bfloat16 on processors that multiply it in hardware; elsewhere it would be slower than float32."""
    quick = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return torch.bfloat16 if quick else torch.float32
