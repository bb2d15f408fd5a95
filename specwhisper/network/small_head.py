"""An output head that knows only some of the tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from specwhisper.network.kernels import Kernel


@dataclass(frozen=True)
class SmallHead:
    """A few thousand tokens instead of all: in a small model the head is most of the bytes of a step.

    Attributes:
        head: [..., D] states to [..., kept] logits.
        kept: ids of the tokens it knows, ascending.
        ids: the same, as plain integers.
    """

    head: Kernel
    kept: torch.Tensor
    ids: Sequence[int]
