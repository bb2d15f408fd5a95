"""Rows of logits as probabilities, and draws from them.

Every draw takes one uniform number in double precision from an explicit generator on the CPU, wherever the
model runs, so a seed means the same sequence of numbers on every device.
"""

from __future__ import annotations

import torch

COLDEST = 1e-6
"""Below this temperature a softmax of float32 logits is the arg max; it keeps the division finite."""


def probabilities(logits: torch.Tensor, temperature: float) -> torch.Tensor:
    """softmax(logits / temperature) over the last dimension, [..., V] float32; -inf becomes exactly 0."""
    # The maximum is taken off first, so that a low temperature cannot overflow.
    centred = logits - logits.amax(-1, keepdim=True)
    return (centred / max(temperature, COLDEST)).softmax(-1)


def uniforms(count: int, generator: torch.Generator, device: torch.device) -> torch.Tensor:
    """[count] independent numbers in [0, 1), double precision."""
    return torch.rand(count, generator=generator, dtype=torch.float64).to(device)


def draw(weights: torch.Tensor, uniform: torch.Tensor) -> torch.Tensor:
    """Indices with chances proportional to their weights, [...].

    By inversion: the first index at which the running sum exceeds a uniform share of the total. A weight
    of 0 is never drawn.

    Args:
        weights: [..., V], none negative, some positive.
        uniform: [...] numbers in [0, 1).
    """
    sums = weights.cumsum(-1, dtype=torch.float64)
    total = sums[..., -1]
    # The product can round up to the total, beyond which there is no index.
    target = torch.minimum(total * uniform, torch.nextafter(total, torch.zeros_like(total)))
    return torch.searchsorted(sums, target[..., None], right=True)[..., 0]
