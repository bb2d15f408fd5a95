"""The layers of the network and how they are made from named tensors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from specwhisper.network.dimensions import HEAD_SIZE
from specwhisper.network.kernels import Kernel, Maker

Take = Callable[[str], torch.Tensor]
"""Fetches a tensor by its Hugging Face name, on the network's device and in its dtype."""


@dataclass(frozen=True)
class Norm:
    """Layer normalisation over the last dimension, epsilon 1e-5 as in Whisper."""

    weight: torch.Tensor
    bias: torch.Tensor

    @classmethod
    def of(cls, take: Take, name: str) -> Norm:
        return cls(take(f"{name}.weight"), take(f"{name}.bias"))

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        return F.layer_norm(x, self.weight.shape, self.weight, self.bias, 1e-5)


@dataclass(frozen=True)
class FeedForward:
    """Norm, up, GELU, down; the residual is added by the caller."""

    norm: Norm
    up: Kernel
    down: Kernel

    @classmethod
    def of(cls, take: Take, layer: str, make: Maker) -> FeedForward:
        return cls(
            norm=Norm.of(take, f"{layer}.final_layer_norm"),
            up=_linear(take, f"{layer}.fc1", make),
            down=_linear(take, f"{layer}.fc2", make),
        )

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        return self.down(F.gelu(self.up(self.norm(x))))


@dataclass(frozen=True)
class SelfAttention:
    """Norm, fused query/key/value projection, output projection."""

    norm: Norm
    qkv: Kernel
    out: Kernel

    @classmethod
    def of(cls, take: Take, layer: str, make: Maker) -> SelfAttention:
        return cls(
            norm=Norm.of(take, f"{layer}.self_attn_layer_norm"),
            qkv=_stack(take, f"{layer}.self_attn", ("q_proj", "k_proj", "v_proj"), make),
            out=_linear(take, f"{layer}.self_attn.out_proj", make),
        )


@dataclass(frozen=True)
class CrossAttention:
    """Norm, query and output projections; the audio's keys and values are in the ``CrossCache``.

    The query is scaled by 1/sqrt(64) in its weights: a power of two, so no bit of precision is lost.
    """

    norm: Norm
    query: Kernel
    key_value: Kernel
    out: Kernel

    @classmethod
    def of(cls, take: Take, layer: str, make: Maker) -> CrossAttention:
        name = f"{layer}.encoder_attn"
        return cls(
            norm=Norm.of(take, f"{name}_layer_norm"),
            query=_linear(take, f"{name}.q_proj", make, scale=HEAD_SIZE**-0.5),
            key_value=_stack(take, name, ("k_proj", "v_proj"), make),
            out=_linear(take, f"{name}.out_proj", make),
        )


@dataclass(frozen=True)
class EncoderLayer:
    attention: SelfAttention
    feed_forward: FeedForward

    @classmethod
    def of(cls, take: Take, layer: str, make: Maker) -> EncoderLayer:
        return cls(SelfAttention.of(take, layer, make), FeedForward.of(take, layer, make))


@dataclass(frozen=True)
class DecoderLayer:
    attention: SelfAttention
    cross: CrossAttention
    feed_forward: FeedForward

    @classmethod
    def of(cls, take: Take, layer: str, make: Maker) -> DecoderLayer:
        return cls(
            SelfAttention.of(take, layer, make),
            CrossAttention.of(take, layer, make),
            FeedForward.of(take, layer, make),
        )


def linear_weights(take: Take, name: str, scale: float = 1.0) -> tuple[torch.Tensor, torch.Tensor]:
    """Weight [out, in] and bias [out] of a linear layer."""
    weight, bias = take(f"{name}.weight"), take(f"{name}.bias")
    return (weight, bias) if scale == 1.0 else (weight * scale, bias * scale)


def stacked_weights(
    take: Take, prefix: str, names: tuple[str, ...], scale: float = 1.0
) -> tuple[torch.Tensor, torch.Tensor]:
    """Several projections of the same input as one; keys have no bias in Whisper, so theirs is zero.

    ``scale`` is that of the first one, where it makes queries.
    """
    weight = torch.cat([take(f"{prefix}.{name}.weight") for name in names])
    zero = weight.new_zeros(weight.shape[1])
    bias = torch.cat([zero if name == "k_proj" else take(f"{prefix}.{name}.bias") for name in names])
    if scale != 1.0:
        factor = torch.ones_like(bias)
        factor[: weight.shape[1]] = scale
        weight, bias = weight * factor[:, None], bias * factor
    return weight, bias


def _linear(take: Take, name: str, make: Maker, scale: float = 1.0) -> Kernel:
    return make(*linear_weights(take, name, scale))


def _stack(take: Take, prefix: str, names: tuple[str, ...], make: Maker) -> Kernel:
    return make(*stacked_weights(take, prefix, names))
