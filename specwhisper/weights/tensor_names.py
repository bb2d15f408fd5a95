"""Which tensors a Whisper of given dimensions consists of, under their Hugging Face names.

The leading ``model.`` of Hugging Face checkpoints is left out, ``proj_out`` is tied to
``decoder.embed_tokens``, and keys have no bias in Whisper.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch

from specwhisper.errors import WeightsCorruptError
from specwhisper.network.dimensions import HEAD_SIZE, Dimensions

Shape = tuple[int, ...]
Tensors = dict[str, torch.Tensor]

_OPENAI_PARTS = (
    ("blocks.", "layers."),
    (".cross_attn_ln.", ".encoder_attn_layer_norm."),
    (".attn_ln.", ".self_attn_layer_norm."),
    (".mlp_ln.", ".final_layer_norm."),
    (".cross_attn.", ".encoder_attn."),
    (".attn.", ".self_attn."),
    (".query.", ".q_proj."),
    (".key.", ".k_proj."),
    (".value.", ".v_proj."),
    (".out.", ".out_proj."),
    (".mlp.0.", ".fc1."),
    (".mlp.2.", ".fc2."),
    ("encoder.ln_post.", "encoder.layer_norm."),
    ("decoder.ln.", "decoder.layer_norm."),
    ("decoder.token_embedding.", "decoder.embed_tokens."),
)


def from_openai(name: str) -> str:
    """The Hugging Face name of a tensor of an OpenAI checkpoint (ggml files use the same names)."""
    if name.endswith(".positional_embedding"):
        return name.replace(".positional_embedding", ".embed_positions.weight")
    for theirs, ours in _OPENAI_PARTS:
        name = name.replace(theirs, ours)
    return name


def to_openai(name: str) -> str:
    """The reverse of :func:`from_openai`."""
    name = name.replace(".embed_positions.weight", ".positional_embedding")
    for theirs, ours in _OPENAI_PARTS:
        name = name.replace(ours, theirs)
    return name


def tensor_shapes(dims: Dimensions) -> dict[str, Shape]:
    """Every tensor of such a model and its shape, encoder first, in the order of the data flow."""
    width = dims.d_model
    shapes: dict[str, Shape] = {
        "encoder.conv1.weight": (width, dims.n_mels, 3),
        "encoder.conv1.bias": (width,),
        "encoder.conv2.weight": (width, width, 3),
        "encoder.conv2.bias": (width,),
        "encoder.embed_positions.weight": (dims.audio_context, width),
    }
    for layer in range(dims.encoder_layers):
        shapes.update(_layer(f"encoder.layers.{layer}", width, cross=False))
    shapes.update(_pair("encoder.layer_norm", (width,), (width,)))
    shapes["decoder.embed_tokens.weight"] = (dims.vocab_size, width)
    shapes["decoder.embed_positions.weight"] = (dims.text_context, width)
    for layer in range(dims.decoder_layers):
        shapes.update(_layer(f"decoder.layers.{layer}", width, cross=True))
    shapes.update(_pair("decoder.layer_norm", (width,), (width,)))
    return shapes


def check_tensors(tensors: Mapping[str, torch.Tensor], dims: Dimensions, where: str) -> None:
    """Make sure that the tensors are exactly those that the dimensions demand.

    Args:
        where: what was read, for the message.

    Raises:
        WeightsCorruptError: naming the first tensor that is missing, misshapen, of a wrong kind or too many.
    """
    shapes = tensor_shapes(dims)
    for name, shape in shapes.items():
        tensor = tensors.get(name)
        if tensor is None:
            raise WeightsCorruptError(f"{where} lacks the tensor {name}: get the file again.")
        if tuple(tensor.shape) != shape:
            raise WeightsCorruptError(
                f"{where} has {name} of shape {list(tensor.shape)} instead of {list(shape)}: "
                "get the file again."
            )
        if not tensor.is_floating_point():
            raise WeightsCorruptError(
                f"{where} has {name} as {tensor.dtype}, not as a float: get the original, unquantised file."
            )
    extra = next((name for name in tensors if name not in shapes), None)
    if extra is not None:
        raise WeightsCorruptError(
            f"{where} holds the tensor {extra}, which no Whisper of its size has: get the file again."
        )


def dimensions_from(tensors: Mapping[str, torch.Tensor], where: str) -> Dimensions:
    """The dimensions of a model whose file does not state them, from the shapes of its tensors.

    Raises:
        WeightsCorruptError: a tensor that tells them is missing or misshapen.
    """
    telling = {
        "encoder.conv1.weight": 3,
        "encoder.embed_positions.weight": 2,
        "decoder.embed_positions.weight": 2,
        "decoder.embed_tokens.weight": 2,
    }
    for name, rank in telling.items():
        if name not in tensors or tensors[name].ndim != rank:
            raise WeightsCorruptError(f"{where} has no proper {name}: get the file again.")
    width, n_mels, _ = tensors["encoder.conv1.weight"].shape
    return Dimensions(
        n_mels=n_mels,
        vocab_size=tensors["decoder.embed_tokens.weight"].shape[0],
        d_model=width,
        heads=width // HEAD_SIZE,
        encoder_layers=_layer_count(tensors, "encoder"),
        decoder_layers=_layer_count(tensors, "decoder"),
        audio_context=tensors["encoder.embed_positions.weight"].shape[0],
        text_context=tensors["decoder.embed_positions.weight"].shape[0],
    )


def _layer_count(tensors: Mapping[str, torch.Tensor], side: str) -> int:
    return len({name.split(".")[2] for name in tensors if name.startswith(f"{side}.layers.")})


def _layer(prefix: str, width: int, *, cross: bool) -> Iterator[tuple[str, Shape]]:
    for attention in ("self_attn", "encoder_attn") if cross else ("self_attn",):
        yield f"{prefix}.{attention}.k_proj.weight", (width, width)
        for projection in ("q_proj", "v_proj", "out_proj"):
            yield from _pair(f"{prefix}.{attention}.{projection}", (width, width), (width,))
        yield from _pair(f"{prefix}.{attention}_layer_norm", (width,), (width,))
    yield from _pair(f"{prefix}.fc1", (4 * width, width), (4 * width,))
    yield from _pair(f"{prefix}.fc2", (width, 4 * width), (width,))
    yield from _pair(f"{prefix}.final_layer_norm", (width,), (width,))


def _pair(prefix: str, weight: Shape, bias: Shape) -> Iterator[tuple[str, Shape]]:
    yield f"{prefix}.weight", weight
    yield f"{prefix}.bias", bias
