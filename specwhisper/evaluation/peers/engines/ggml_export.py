"""A whisper.cpp model file from our tensors: the reverse of ``weights.readers.ggml``.

Matrices are float16 (whisper.cpp's convolutions refuse float32), or Q8_0 as its own ``quantize`` writes them:
blocks of 32 along a row, each a float16 scale, then 32 int8. Convolutions are always float16, the rest
float32.
"""

from __future__ import annotations

import shutil
import struct
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO

import numpy as np

from specwhisper.audio.mel import mel_filters
from specwhisper.vocabulary.specials import Vocabulary
from specwhisper.vocabulary.text import TextCodec
from specwhisper.weights.tensor_names import tensor_shapes, to_openai
from specwhisper.weights.weights import Weights

MAGIC = 0x67676D6C
FILE_TYPES = {"fp16": 1, "int8": 7}  # ggml's MOSTLY_F16 and MOSTLY_Q8_0
QUANTISATION_VERSION = 2  # times 1,000, added to the type of a quantised file
F32, F16, Q8_0 = 0, 1, 8  # ggml's numbers of tensor types
BLOCK = 32  # values that share a scale in Q8_0


def writer(precision: str) -> partial[None]:
    """What writes ``model.bin`` (and tokenizer.json) of a precision, fp16 or int8, into a folder."""
    return partial(_write, precision=precision)


def _write(weights: Weights, folder: Path, *, precision: str) -> None:
    with (folder / "model.bin").open("wb") as file:
        _header(file, weights, precision)
        _mel_filters(file, weights.dims.n_mels)
        _vocabulary(file, weights)
        for name in tensor_shapes(weights.dims):
            _tensor(file, name, weights.tensors[name].float().numpy(), quantised=precision == "int8")
    shutil.copyfile(weights.tokenizer_file, folder / "tokenizer.json")


def _header(file: BinaryIO, weights: Weights, precision: str) -> None:
    dims, kind = weights.dims, FILE_TYPES[precision]
    if kind == FILE_TYPES["int8"]:
        kind += 1000 * QUANTISATION_VERSION
    audio = (dims.audio_context, dims.d_model, dims.heads, dims.encoder_layers)
    text = (dims.text_context, dims.d_model, dims.heads, dims.decoder_layers)
    file.write(struct.pack("<I11i", MAGIC, dims.vocab_size, *audio, *text, dims.n_mels, kind))


def _mel_filters(file: BinaryIO, n_mels: int) -> None:
    filters = mel_filters(n_mels)
    file.write(struct.pack("<2i", *filters.shape) + filters.tobytes())


def _vocabulary(file: BinaryIO, weights: Weights) -> None:
    # Text tokens only: whisper.cpp adds the special ones itself.
    vocabulary = Vocabulary(weights.dims.vocab_size)
    codec = TextCodec(weights.tokenizer_file, vocabulary)
    file.write(struct.pack("<i", vocabulary.end_of_text))
    for token in range(vocabulary.end_of_text):
        written = codec.token_bytes(token)
        file.write(struct.pack("<I", len(written)) + written)


def _tensor(file: BinaryIO, name: str, values: np.ndarray, *, quantised: bool) -> None:
    theirs = to_openai(name)
    if name in ("encoder.conv1.bias", "encoder.conv2.bias"):
        values = values[:, None]  # whisper.cpp wants these two as columns
    matrix = values.ndim == 2 and name.endswith("weight") and "embed_positions" not in name
    kind = (Q8_0 if quantised else F16) if matrix else F16 if values.ndim == 3 else F32
    file.write(struct.pack("<3i", values.ndim, len(theirs), kind))
    file.write(struct.pack(f"<{values.ndim}i", *values.shape[::-1]) + theirs.encode())
    if kind != Q8_0:
        file.write(np.ascontiguousarray(values, np.float16 if kind == F16 else np.float32).tobytes())
    else:
        for rows in _chunks(values):
            file.write(quantise(rows))


def quantise(rows: np.ndarray) -> bytes:
    """float32 [rows, a multiple of 32] as Q8_0."""
    blocks = rows.reshape(-1, BLOCK).astype(np.float32)
    scale = np.abs(blocks).max(axis=1, keepdims=True) / 127
    inverse = np.divide(1.0, scale, out=np.zeros_like(scale), where=scale > 0)
    packed = np.empty(len(blocks), dtype=[("scale", "<f2"), ("values", "i1", BLOCK)])
    packed["scale"] = scale[:, 0]
    packed["values"] = np.rint(blocks * inverse)
    return packed.tobytes()


def _chunks(values: np.ndarray, rows: int = 4096) -> Iterator[np.ndarray]:
    """A few rows at a time: the token embedding is large."""
    for start in range(0, len(values), rows):
        yield values[start : start + rows]
