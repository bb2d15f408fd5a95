"""Whisper's encoder as plain tensors; shapes are those of :mod:`specwhisper.network.network`."""

from __future__ import annotations

from typing import Protocol

import torch
import torch.nn.functional as F

from specwhisper.network.attention import merge_heads, split_heads
from specwhisper.network.cpu.thread_pool import release_threads
from specwhisper.network.layers import EncoderLayer, Norm, Take
from specwhisper.network.recipes import Recipe


class AnyEncoder(Protocol):
    """Log-mel features to audio states: :class:`Encoder`, or the fused one of a CPU."""

    def __call__(self, mel: torch.Tensor) -> torch.Tensor:
        """[B, n_mels, 2S] log-mel -> [B, S, D] audio states."""
        ...


class Encoder:
    """Log-mel features to audio states."""

    def __init__(self, take: Take, layers: int, recipe: Recipe) -> None:
        self.conv1 = (take("encoder.conv1.weight"), take("encoder.conv1.bias"))
        self.conv2 = (take("encoder.conv2.weight"), take("encoder.conv2.bias"))
        self.positions = take("encoder.embed_positions.weight")
        self.layers = tuple(
            EncoderLayer.of(take, f"encoder.layers.{index}", recipe.encode or recipe.make)
            for index in range(layers)
        )
        self.norm = Norm.of(take, "encoder.layer_norm")

    @torch.inference_mode()
    def __call__(self, mel: torch.Tensor) -> torch.Tensor:
        """[B, n_mels, 2S] log-mel -> [B, S, D] audio states."""
        x = F.gelu(F.conv1d(mel, *self.conv1, padding=1))
        x = F.gelu(F.conv1d(x, *self.conv2, stride=2, padding=1))
        x = x.transpose(1, 2) + self.positions[: x.shape[2]]
        for layer in self.layers:
            query, key, value = (
                split_heads(part) for part in layer.attention.qkv(layer.attention.norm(x)).chunk(3, dim=-1)
            )
            encoded = merge_heads(F.scaled_dot_product_attention(query, key, value))
            x = x + layer.attention.out(encoded)
            x = x + layer.feed_forward(x)
        return self.norm(x)


class LibraryEncoder(Encoder):
    """The same beside a fused decoder, where the library's products are quicker or alone have the numbers."""

    def __call__(self, mel: torch.Tensor) -> torch.Tensor:
        """[B, n_mels, 2S] log-mel -> [B, S, D] audio states."""
        torch.set_flush_denormal(True)
        try:
            with release_threads():
                return super().__call__(mel)
        finally:
            torch.set_flush_denormal(False)
