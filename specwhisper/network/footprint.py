"""How much memory a network's weights take, in bytes."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import torch

from specwhisper.network.encoder import AnyEncoder
from specwhisper.network.network import Network


def encoder_bytes(encoder: AnyEncoder) -> int:
    """Weights of an encoder."""
    return _bytes(vars(encoder), set())


def network_bytes(network: Network, *, without_encoder: bool = False) -> int:
    """Weights of a network; ``without_encoder`` for one that borrows another's."""
    return _bytes(vars(network.decoder), set()) + (0 if without_encoder else encoder_bytes(network.encoder))


def _bytes(part: Any, seen: set[int]) -> int:
    """What all tensors and kernels in a structure hold; one that occurs twice counts once."""
    if isinstance(part, torch.Tensor):
        if part.data_ptr() in seen:
            return 0
        seen.add(part.data_ptr())
        return part.nbytes
    if isinstance(part, dict):
        return sum(_bytes(each, seen) for each in part.values())
    if isinstance(part, tuple | list):
        return sum(_bytes(each, seen) for each in part)
    if isinstance(part, type | np.ndarray):  # what makes kernels, or another view of a tensor
        return 0
    if is_dataclass(part):
        return sum(_bytes(getattr(part, field.name), seen) for field in fields(part))
    held: int = getattr(part, "nbytes", 0)
    return held
