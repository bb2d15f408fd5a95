"""The Whisper network, lean: plain tensors, static caches, any number of rows per pass.

Architecture: Radford et al. 2022, "Robust Speech Recognition via Large-Scale Weak Supervision"
(pre-norm encoder-decoder transformer, learned positions, weights of the output head tied to the token
embedding). Written for one purpose: a decoder pass over W new tokens per row whose cost is as close
as possible to that of one token, and whose undoing costs nothing.

Shapes: B rows (clips), W new tokens per row, S audio positions (1,500 for 30 s), D model width,
H heads of 64, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from specwhisper.models.caches import CrossCache, SelfCache
from specwhisper.models.dimensions import HEAD_SIZE, Dimensions

Tensors = Mapping[str, torch.Tensor]


@dataclass(frozen=True)
class Linear:
    """y = x W^T + b, with ``weight`` [out, in]."""

    weight: torch.Tensor
    bias: torch.Tensor | None

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        return F.linear(x, self.weight, self.bias)


@dataclass(frozen=True)
class Norm:
    """Layer normalisation over the last dimension, epsilon 1e-5 as in Whisper."""

    weight: torch.Tensor
    bias: torch.Tensor

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        return F.layer_norm(x, self.weight.shape, self.weight, self.bias, 1e-5)


@dataclass(frozen=True)
class FeedForward:
    """Norm, up, GELU, down; the residual is added by the caller."""

    norm: Norm
    up: Linear
    down: Linear

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        return self.down(F.gelu(self.up(self.norm(x))))


@dataclass(frozen=True)
class SelfAttention:
    """Norm, fused query/key/value projection, output projection."""

    norm: Norm
    qkv: Linear
    out: Linear


@dataclass(frozen=True)
class CrossAttention:
    """Norm, query and output projections; the audio's keys and values are in the ``CrossCache``."""

    norm: Norm
    query: Linear
    key_value: Linear
    out: Linear


@dataclass(frozen=True)
class EncoderLayer:
    attention: SelfAttention
    feed_forward: FeedForward


@dataclass(frozen=True)
class DecoderLayer:
    attention: SelfAttention
    cross: CrossAttention
    feed_forward: FeedForward


def split_heads(x: torch.Tensor) -> torch.Tensor:
    """[B, T, D] -> [B, H, T, 64]."""
    batch, length, width = x.shape
    return x.view(batch, length, width // HEAD_SIZE, HEAD_SIZE).transpose(1, 2)


def merge_heads(x: torch.Tensor) -> torch.Tensor:
    """[B, H, T, 64] -> [B, T, D]."""
    batch, heads, length, size = x.shape
    return x.transpose(1, 2).reshape(batch, length, heads * size)


class Encoder:
    """Log-mel features to audio states."""

    def __init__(self, tensors: Tensors, layers: int) -> None:
        self.conv1 = (tensors["encoder.conv1.weight"], tensors["encoder.conv1.bias"])
        self.conv2 = (tensors["encoder.conv2.weight"], tensors["encoder.conv2.bias"])
        self.positions = tensors["encoder.embed_positions.weight"]
        self.layers = tuple(
            EncoderLayer(
                _self_attention(tensors, f"encoder.layers.{index}"),
                _feed_forward(tensors, f"encoder.layers.{index}"),
            )
            for index in range(layers)
        )
        self.norm = _norm(tensors, "encoder.layer_norm")

    @torch.inference_mode()
    def __call__(self, mel: torch.Tensor) -> torch.Tensor:
        """[B, n_mels, 2S] log-mel -> [B, S, D] audio states."""
        x = F.gelu(F.conv1d(mel, *self.conv1, padding=1))
        x = F.gelu(F.conv1d(x, *self.conv2, stride=2, padding=1))
        x = x.transpose(1, 2) + self.positions[: x.shape[2]]
        for layer in self.layers:
            query, key, value = layer.attention.qkv(layer.attention.norm(x)).chunk(3, dim=-1)
            heard = F.scaled_dot_product_attention(split_heads(query), split_heads(key), split_heads(value))
            x = x + layer.attention.out(merge_heads(heard))
            x = x + layer.feed_forward(x)
        return self.norm(x)


class Decoder:
    """Tokens, one or many per pass, to logits."""

    def __init__(self, tensors: Tensors, layers: int) -> None:
        self.embedding = tensors["decoder.embed_tokens.weight"]
        self.positions = tensors["decoder.embed_positions.weight"]
        self.layers = tuple(
            DecoderLayer(
                _self_attention(tensors, f"decoder.layers.{index}"),
                _cross_attention(tensors, f"decoder.layers.{index}"),
                _feed_forward(tensors, f"decoder.layers.{index}"),
            )
            for index in range(layers)
        )
        self.norm = _norm(tensors, "decoder.layer_norm")

    @torch.inference_mode()
    def hear(self, states: torch.Tensor) -> CrossCache:
        """The cross-attention keys and values of audio states [B, S, D], for every layer."""
        pairs = [layer.cross.key_value(states).chunk(2, dim=-1) for layer in self.layers]
        return CrossCache(
            tuple((split_heads(key).contiguous(), split_heads(value).contiguous()) for key, value in pairs)
        )

    @torch.inference_mode()
    def __call__(
        self, tokens: torch.Tensor, start: torch.Tensor | int, cache: SelfCache, cross: CrossCache
    ) -> torch.Tensor:
        """Read W tokens per row and return the logits after each of them.

        Args:
            tokens: [B, W] ids.
            start: position of the first token: one integer for all rows, or [B] with one per row.
            cache: keys and values of everything before ``start``; those of ``tokens`` are written into
                it from ``start`` on, over whatever an earlier, rejected pass left there.
            cross: the audio, from :meth:`hear`.

        Returns:
            [B, W, V] logits in float32.
        """
        return self.logits(self.states(tokens, start, cache, cross))

    @torch.inference_mode()
    def logits(self, states: torch.Tensor) -> torch.Tensor:
        """[..., D] states to [..., V] logits in float32."""
        return F.linear(states, self.embedding).float()

    @torch.inference_mode()
    def states(
        self, tokens: torch.Tensor, start: torch.Tensor | int, cache: SelfCache, cross: CrossCache
    ) -> torch.Tensor:
        """As :meth:`__call__`, but stops before the head: [B, W, D].

        In a small model the head is most of a pass; a batch asks it only about the rows that are no padding.
        """
        view = cache.view(start, tokens.shape[1])
        x = F.embedding(tokens, self.embedding) + view.rows_of(self.positions)
        for index, layer in enumerate(self.layers):
            query, key, value = layer.attention.qkv(layer.attention.norm(x)).chunk(3, dim=-1)
            keys, values = view.write(index, split_heads(key), split_heads(value))
            seen = F.scaled_dot_product_attention(split_heads(query), keys, values, attn_mask=view.mask)
            x = x + layer.attention.out(merge_heads(seen))
            query = split_heads(layer.cross.query(layer.cross.norm(x)))
            heard = F.scaled_dot_product_attention(query, *cross.layers[index])
            x = x + layer.cross.out(merge_heads(heard))
            x = x + layer.feed_forward(x)
        return self.norm(x)


@dataclass(frozen=True)
class Network:
    """Encoder and decoder of one model on one device.

    Two models whose encoder weights are equal hold the same ``Encoder`` object (see :func:`build`),
    which then runs once for both.
    """

    dims: Dimensions
    encoder: Encoder
    decoder: Decoder
    device: torch.device
    dtype: torch.dtype

    def new_cache(self, rows: int = 1) -> SelfCache:
        """An empty self-attention cache for ``rows`` clips."""
        return SelfCache.empty(
            layers=self.dims.decoder_layers,
            rows=rows,
            heads=self.dims.heads,
            length=self.dims.text_context,
            head_size=HEAD_SIZE,
            device=self.device,
            dtype=self.dtype,
        )


def build(
    tensors: Tensors,
    dims: Dimensions,
    device: torch.device,
    dtype: torch.dtype,
    *,
    encoder: Encoder | None = None,
) -> Network:
    """Move weights (Hugging Face names, any float dtype) to a device and wire them up.

    Args:
        encoder: an encoder with the same weights that is already there, to be shared.
    """
    wanted = {
        name: tensor.to(device=device, dtype=dtype)
        for name, tensor in tensors.items()
        if encoder is None or name.startswith("decoder.")
    }
    return Network(
        dims=dims,
        encoder=encoder or Encoder(wanted, dims.encoder_layers),
        decoder=Decoder(wanted, dims.decoder_layers),
        device=device,
        dtype=dtype,
    )


def same_encoder(one: Tensors, other: Tensors) -> bool:
    """True when both models carry bit-identical encoder weights."""
    names = {name for name in one if name.startswith("encoder.")}
    return names == {name for name in other if name.startswith("encoder.")} and all(
        one[name].shape == other[name].shape and torch.equal(one[name], other[name]) for name in names
    )


def _linear(tensors: Tensors, name: str) -> Linear:
    return Linear(tensors[f"{name}.weight"], tensors[f"{name}.bias"])


def _norm(tensors: Tensors, name: str) -> Norm:
    return Norm(tensors[f"{name}.weight"], tensors[f"{name}.bias"])


def _stack(tensors: Tensors, prefix: str, names: tuple[str, ...]) -> Linear:
    """Several projections of the same input as one; keys have no bias in Whisper, so theirs is zero."""
    weight = torch.cat([tensors[f"{prefix}.{name}.weight"] for name in names])
    zero = weight.new_zeros(weight.shape[1])
    bias = torch.cat([tensors.get(f"{prefix}.{name}.bias", zero) for name in names])
    return Linear(weight, bias)


def _self_attention(tensors: Tensors, layer: str) -> SelfAttention:
    return SelfAttention(
        norm=_norm(tensors, f"{layer}.self_attn_layer_norm"),
        qkv=_stack(tensors, f"{layer}.self_attn", ("q_proj", "k_proj", "v_proj")),
        out=_linear(tensors, f"{layer}.self_attn.out_proj"),
    )


def _cross_attention(tensors: Tensors, layer: str) -> CrossAttention:
    return CrossAttention(
        norm=_norm(tensors, f"{layer}.encoder_attn_layer_norm"),
        query=_linear(tensors, f"{layer}.encoder_attn.q_proj"),
        key_value=_stack(tensors, f"{layer}.encoder_attn", ("k_proj", "v_proj")),
        out=_linear(tensors, f"{layer}.encoder_attn.out_proj"),
    )


def _feed_forward(tensors: Tensors, layer: str) -> FeedForward:
    return FeedForward(
        norm=_norm(tensors, f"{layer}.final_layer_norm"),
        up=_linear(tensors, f"{layer}.fc1"),
        down=_linear(tensors, f"{layer}.fc2"),
    )
