"""whisper.cpp models: one .bin file of the first ggml format.

u32 magic; 11 i32 of sizes, the last one the number format; mel filters (i32 rows, i32 columns, f32
each); vocabulary (i32 count; per token u32 length and bytes); then tensors up to the end of the file: i32
rank, i32 length of the name, i32 type, the sizes innermost first, name, data. Names are OpenAI's.
"""

from __future__ import annotations

import struct
from pathlib import Path

import torch

from specwhisper.errors import ModelError
from specwhisper.network.dimensions import Dimensions
from specwhisper.weights.readers.stream import Stream, open_stream
from specwhisper.weights.tensor_names import Tensors, from_openai

MAGIC = 0x67676D6C
MAX_RANK = 4

_TYPES = {0: torch.float32, 1: torch.float16}
_QUANTISED = "holds quantised weights: use the model in fp16 (its name has no q4, q5 or q8)"


def looks_like(path: Path) -> bool:
    """Whether the file starts as such a model does."""
    with path.open("rb") as file:
        return file.read(4) == struct.pack("<I", MAGIC)


def read(path: Path) -> tuple[Dimensions, Tensors]:
    """Read a model of fp16 or fp32 weights; tensors keep their dtype (biases and norms are fp32).

    Raises:
        ModelError: quantised weights.
        WeightsCorruptError: damaged.
    """
    tensors: Tensors = {}
    with open_stream(path) as stream:
        if stream.number("I") != MAGIC:
            raise stream.damaged("the start of a whisper.cpp model is missing")
        dims, number_format = _header(stream)
        if number_format not in _TYPES:
            raise ModelError(f"{path} {_QUANTISED}.")
        _skip_mel_filters(stream)
        _skip_vocabulary(stream, dims.vocab_size)
        while stream.left:
            name, tensor = _tensor(stream, path)
            tensors[from_openai(name)] = tensor
    return dims, tensors


def _header(stream: Stream) -> tuple[Dimensions, int]:
    (
        vocabulary,
        audio,
        width,
        heads,
        layers,
        text,
        text_width,
        text_heads,
        text_layers,
        mels,
        number_format,
    ) = stream.numbers("11i")
    if text_width != width or text_heads != heads:
        raise stream.damaged("an encoder and a decoder of different widths")
    return Dimensions(mels, vocabulary, width, heads, layers, text_layers, audio, text), number_format


def _skip_mel_filters(stream: Stream) -> None:
    rows, columns = stream.numbers("2i")
    stream.skip(4 * rows * columns)


def _skip_vocabulary(stream: Stream, most: int) -> None:
    # Special tokens are left out of the file, so there are fewer than the model has.
    count = stream.number("i")
    if not 0 <= count <= most:
        raise stream.damaged(f"a vocabulary of {count:,} tokens")
    for _ in range(count):
        stream.skip(stream.number("I"))


def _tensor(stream: Stream, path: Path) -> tuple[str, torch.Tensor]:
    rank, length, kind = stream.numbers("3i")
    if not 0 < rank <= MAX_RANK:
        raise stream.damaged(f"a tensor of {rank} dimensions")
    shape = stream.numbers(f"{rank}i")[::-1]
    name = stream.name(length)
    dtype = _TYPES.get(kind)
    if dtype is None:
        raise ModelError(f"{path} {_QUANTISED}.")
    tensor = stream.tensor(shape, dtype)
    # The biases of the convolutions are stored as columns.
    return name, tensor.view(-1) if name in ("encoder.conv1.bias", "encoder.conv2.bias") else tensor
