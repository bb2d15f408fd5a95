"""What int8 means here: weights in 8 bits with a scale per output, activations in 12 with a scale per row."""

from __future__ import annotations

import torch

WEIGHT_LEVELS = 127

LEVELS = 2047
"""Largest magnitude of an activation: with 8-bit weights and 8,192 inputs, sums stay below 2^31."""

SMALLEST = 1e-12
"""The scale of what is nothing but zeros."""


def per_channel(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """[out, in] as int8 with a scale per output channel [out]."""
    scale = weight.abs().amax(1).clamp_(min=SMALLEST) / WEIGHT_LEVELS
    return (weight / scale[:, None]).round_().to(torch.int8), scale
