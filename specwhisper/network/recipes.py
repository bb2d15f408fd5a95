"""Which kernels a network is built from: the one place where precision, device and role meet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch

from specwhisper.network.cpu.packing import Numbers
from specwhisper.network.kernels import Maker, Plain, PlainBf16, PlainInt8, WideHead

Role = Literal["main", "draft"]


@dataclass(frozen=True)
class Recipe:
    """How a network multiplies.

    Attributes:
        dtype: of activations, norms and caches, and of the weights where they are not int8.
        make: the kernels of a plain network.
        float_head: in a plain network the token embedding, in which tokens are looked up, is the head's
            weight as well and shares its memory; otherwise it stays in the dtype it was stored in.
        fused: the numbers of a network whose passes are compiled functions (CPU); None is a plain one.
        encode: the kernels of an encoder that has others than its decoder.
        head: the kernel of an output head that has another than the rest of a plain network.
    """

    dtype: torch.dtype = torch.float32
    make: Maker = Plain
    float_head: bool = True
    fused: Numbers | None = None
    encode: Maker | None = None
    head: Maker | None = None


def recipe_for(precision: str, device: torch.device, role: Role = "main", *, plain: bool = False) -> Recipe:
    """The quickest kernels that keep what the role promises.

    Args:
        precision: ``fp32``, ``bf16`` (the encoder's products; the decoder is float32), ``fp16`` or ``int8``,
            as main shall have it.
        role: a draft is int8 on a CPU whatever main is: nobody sees its text.
        plain: every fast path off; the draft then has main's precision.
    """
    if device.type != "cpu" or precision == "fp16":
        return Recipe(torch.float16, head=WideHead) if precision == "fp16" else Recipe()
    encode = PlainBf16 if precision == "bf16" and role == "main" else None
    if plain:
        return Recipe(make=PlainInt8, float_head=False) if precision == "int8" else Recipe(encode=encode)
    return Recipe(fused="int8" if precision == "int8" or role == "draft" else "fp32", encode=encode)
