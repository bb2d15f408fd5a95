"""Models made in the test: scripted ones for the loop's invariants, random ones for the network's."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from specwhisper.network.build import build
from specwhisper.network.dimensions import Dimensions
from specwhisper.network.network import Network
from specwhisper.network.recipes import Recipe

CPU = torch.device("cpu")


class Scripted:
    """A reader whose next token is a function of everything read so far."""

    def __init__(self, following: Callable[[tuple[int, ...]], int], vocabulary: int) -> None:
        self._following = following
        self._vocabulary = vocabulary
        self._read: list[int] = []
        self.widths: list[int] = []

    def read(self, tokens: Sequence[int], start: int) -> torch.Tensor:
        assert 0 <= start <= len(self._read), "a reader never skips positions"
        assert tokens, "a pass reads at least one token"
        self.widths.append(len(tokens))
        self._read[start:] = tokens
        rows = torch.zeros(len(tokens), self._vocabulary)
        for index in range(len(tokens)):
            rows[index, self._following(tuple(self._read[: start + index + 1]))] = 5.0
        return rows


def dimensions(
    *, width: int = 128, layers: int = 2, vocabulary: int = 51_865, mels: int = 80, audio: int = 50
) -> Dimensions:
    """A very small Whisper with the true vocabulary; it hears ``audio`` positions (2 frames each)."""
    return Dimensions(
        n_mels=mels,
        vocab_size=vocabulary,
        d_model=width,
        heads=width // 64,
        encoder_layers=layers,
        decoder_layers=layers,
        audio_context=audio,
    )


def random_tensors(dims: Dimensions, seed: int = 0) -> dict[str, torch.Tensor]:
    """Weights under Hugging Face names, lively enough that the text depends on audio and context."""
    made = torch.Generator().manual_seed(seed)
    d = dims.d_model

    def normal(*shape: int, scale: float) -> torch.Tensor:
        return torch.randn(*shape, generator=made) * scale

    tensors: dict[str, torch.Tensor] = {
        "encoder.conv1.weight": normal(d, dims.n_mels, 3, scale=0.2),
        "encoder.conv1.bias": normal(d, scale=0.1),
        "encoder.conv2.weight": normal(d, d, 3, scale=0.1),
        "encoder.conv2.bias": normal(d, scale=0.1),
        "encoder.embed_positions.weight": normal(dims.audio_context, d, scale=0.3),
        "decoder.embed_tokens.weight": normal(dims.vocab_size, d, scale=0.3),
        "decoder.embed_positions.weight": normal(dims.text_context, d, scale=0.6),
    }

    def projection(name: str, out: int, into: int, *, bias: bool = True) -> None:
        tensors[f"{name}.weight"] = normal(out, into, scale=1.5 * into**-0.5)
        if bias:
            tensors[f"{name}.bias"] = normal(out, scale=0.1)

    def norm(name: str) -> None:
        tensors[f"{name}.weight"] = 1 + normal(d, scale=0.1)
        tensors[f"{name}.bias"] = normal(d, scale=0.1)

    def attention(name: str) -> None:
        for part in ("q_proj", "k_proj", "v_proj", "out_proj"):
            projection(f"{name}.{part}", d, d, bias=part != "k_proj")
        norm(f"{name}_layer_norm")

    for side, layers in (("encoder", dims.encoder_layers), ("decoder", dims.decoder_layers)):
        for layer in range(layers):
            prefix = f"{side}.layers.{layer}"
            attention(f"{prefix}.self_attn")
            if side == "decoder":
                attention(f"{prefix}.encoder_attn")
            projection(f"{prefix}.fc1", 4 * d, d)
            projection(f"{prefix}.fc2", d, 4 * d)
            norm(f"{prefix}.final_layer_norm")
        norm(f"{side}.layer_norm")
    return tensors


def perturbed(tensors: dict[str, torch.Tensor], scale: float, seed: int = 1) -> dict[str, torch.Tensor]:
    """Weights of a draft that often, but not always, agrees with the model they come from."""
    made = torch.Generator().manual_seed(seed)
    return {
        name: tensor + scale * tensor.std().nan_to_num() * torch.randn(tensor.shape, generator=made)
        for name, tensor in tensors.items()
    }


def network(dims: Dimensions, tensors: dict[str, torch.Tensor]) -> Network:
    return build(tensors, dims, CPU, Recipe())
