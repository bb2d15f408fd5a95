"""CTranslate2 models (faster-whisper): model.bin, layout version 6.

u32 version, name of the specification, u32 revision, u32 number of variables; per variable its name, u8
rank, u32 sizes, u8 type, u32 bytes, data; then aliases. Names are u16 length, the bytes, and a NUL that
counts. Projections of the same input are fused: query, key and value of self-attention (``linear_0``), key
and value of cross-attention (``linear_1``).
"""

from __future__ import annotations

import re
from pathlib import Path

import torch

from specwhisper.errors import ModelError
from specwhisper.network.dimensions import Dimensions
from specwhisper.weights.readers.stream import Stream, open_stream
from specwhisper.weights.tensor_names import Tensors, dimensions_from

VERSION = 6
SPECIFICATION = "WhisperSpec"
MAX_RANK = 8

_TYPES = {
    0: torch.float32,
    1: torch.int8,
    2: torch.int16,
    3: torch.int32,
    4: torch.float16,
    5: torch.bfloat16,
}
_WHOLE = {
    "encoder/conv1/weight": "encoder.conv1.weight",
    "encoder/conv1/bias": "encoder.conv1.bias",
    "encoder/conv2/weight": "encoder.conv2.weight",
    "encoder/conv2/bias": "encoder.conv2.bias",
    "encoder/position_encodings/encodings": "encoder.embed_positions.weight",
    "decoder/position_encodings/encodings": "decoder.embed_positions.weight",
    "decoder/embeddings/weight": "decoder.embed_tokens.weight",
}
_NORM = {"gamma": "weight", "beta": "bias"}
_LINEAR = {
    ("self_attention", 0): ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
    ("self_attention", 1): ("self_attn.out_proj",),
    ("attention", 0): ("encoder_attn.q_proj",),
    ("attention", 1): ("encoder_attn.k_proj", "encoder_attn.v_proj"),
    ("attention", 2): ("encoder_attn.out_proj",),
    ("ffn", 0): ("fc1",),
    ("ffn", 1): ("fc2",),
}
_NORM_NAMES = {
    "self_attention": "self_attn_layer_norm",
    "attention": "encoder_attn_layer_norm",
    "ffn": "final_layer_norm",
}
_LAYER = re.compile(
    r"(encoder|decoder)/layer_(\d+)/(self_attention|attention|ffn)/(layer_norm|linear_(\d))/(\w+)"
)
_LAST_NORM = re.compile(r"(encoder|decoder)/layer_norm/(gamma|beta)")


def looks_like(path: Path) -> bool:
    """Whether the file starts as such a model does."""
    with path.open("rb") as file:
        start = file.read(6 + len(SPECIFICATION))
    return start[6:] == SPECIFICATION.encode()


def read(path: Path) -> tuple[Dimensions, Tensors]:
    """Read a model.bin of fp16 or fp32 weights; tensors keep their dtype.

    Raises:
        ModelError: another layout version, another kind of model, or int8 weights.
        WeightsCorruptError: damaged.
    """
    tensors: Tensors = {}
    with open_stream(path) as stream:
        version = stream.number("I")
        specification = _name(stream)
        if specification != SPECIFICATION:
            raise stream.damaged("the start of a Whisper model is missing")
        if version != VERSION:
            raise ModelError(f"{path} has layout version {version}: convert it again with CTranslate2 4.")
        stream.number("I")  # revision of the specification
        for _ in range(stream.number("I")):
            name, value = _name(stream), _value(stream)
            if name.endswith("_scale"):
                raise ModelError(f"{path} holds quantised weights: convert it with float16 or float32.")
            tensors.update(_renamed(name, value, stream))
    return dimensions_from(tensors, str(path)), tensors


def _name(stream: Stream) -> str:
    return stream.name(stream.number("H")).removesuffix("\0")


def _value(stream: Stream) -> torch.Tensor:
    rank = stream.number("B")
    if rank > MAX_RANK:
        raise stream.damaged(f"a tensor of {rank} dimensions")
    shape = stream.numbers(f"{rank}I")
    kind, size = stream.number("B"), stream.number("I")
    dtype = _TYPES.get(kind)
    if dtype is None:
        raise stream.damaged(f"numbers of an unknown type {kind}")
    value = stream.tensor(shape, dtype)
    if value.nbytes != size:
        raise stream.damaged(f"{size:,} bytes for a tensor of {value.nbytes:,}")
    return value


def _renamed(name: str, value: torch.Tensor, stream: Stream) -> Tensors:
    """The tensors that a variable holds; none for settings such as the number of heads."""
    if name in _WHOLE:
        return {_WHOLE[name]: value}
    if last := _LAST_NORM.fullmatch(name):
        return {f"{last[1]}.layer_norm.{_NORM[last[2]]}": value}
    match = _LAYER.fullmatch(name)
    if match is None:
        return {}
    side, number, part, kind, linear, leaf = match.groups()
    layer = f"{side}.layers.{int(number)}"
    if kind == "layer_norm":
        if leaf not in _NORM:
            raise stream.damaged(f"an unknown tensor {name}")
        return {f"{layer}.{_NORM_NAMES[part]}.{_NORM[leaf]}": value}
    targets = _LINEAR.get((part, int(linear)))
    if (
        targets is None
        or leaf not in ("weight", "bias")
        or not value.numel()
        or value.shape[0] % len(targets)
    ):
        raise stream.damaged(f"an unknown tensor {name}")
    return _split(layer, targets, leaf, value, stream)


def _split(layer: str, targets: tuple[str, ...], leaf: str, value: torch.Tensor, stream: Stream) -> Tensors:
    """Take fused projections apart; the slices share the memory of the whole."""
    found: Tensors = {}
    for target, slice_ in zip(targets, value.chunk(len(targets)), strict=True):
        if leaf == "bias" and target.endswith("k_proj"):
            if slice_.any():
                raise stream.damaged(f"keys with a bias in {layer}")
            continue
        found[f"{layer}.{target}.{leaf}"] = slice_
    return found
