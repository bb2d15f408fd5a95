"""Quantised ONNX exports (transformers.js): an encoder and a merged decoder, dequantised.

Weights of matrix products are anonymous (``onnx::MatMul_603``), so each is found through the node that uses
it, whose name tells the layer (``/layers.0/self_attn/q_proj/MatMul_quant``); they are stored
transposed. The rest carries names: biases, norms and positions in fp32, convolutions and the
token embedding quantised. In a merged decoder both branches of an ``If`` use the same weights, which lie
outside with a suffix ``_merged_0``. value = scale * (stored - zero point), one scale per tensor, so what
comes out is close to the original and not equal to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from google.protobuf.message import DecodeError
from onnx import numpy_helper

from specwhisper.errors import ModelError, WeightsCorruptError
from specwhisper.network.dimensions import Dimensions
from specwhisper.weights.tensor_names import Tensors, dimensions_from

_PRODUCT = re.compile(r"/(?:model/decoder/)?(layers\.\d+)/(?:(self_attn|encoder_attn)/)?(\w+)/MatMul_quant")
_SIDES = {"encoder": "", "decoder": "model.decoder."}
_MERGED = "_merged_0"
_QUANTISED = "_quantized"
_MAX_BYTES = 2 << 30  # protobuf's own limit


def read(encoder: Path, decoder: Path) -> tuple[Dimensions, Tensors]:
    """Read and dequantise to fp32.

    Raises:
        ModelError: an export of another kind.
        WeightsCorruptError: damaged.
    """
    tensors: Tensors = {}
    for side, path in (("encoder", encoder), ("decoder", decoder)):
        try:
            for name, tensor in _tensors(path, side):
                tensors[f"{side}.{name}"] = tensor
        except TypeError as error:  # protobuf hands out names that are no text as bytes
            raise WeightsCorruptError(f"{path} is damaged: get the file again.") from error
    return dimensions_from(tensors, f"{encoder.name} with {decoder.name}"), tensors


def _tensors(path: Path, side: str) -> Iterator[tuple[str, torch.Tensor]]:
    """The weights of one file, under names without the side. Each is decoded only when asked for."""
    graph = _load(path)
    stored = {initializer.name: initializer for initializer in _all_initializers(graph)}
    products = {}
    for node in _all_nodes(graph):
        match = _PRODUCT.fullmatch(node.name)
        if match and node.op_type == "MatMulInteger" and len(node.input) > 1:
            layer, attention, projection = match.groups()
            parts = (layer, attention, projection) if attention else (layer, projection)
            products[node.input[1].removesuffix(_QUANTISED)] = ".".join((*parts, "weight"))
    if not products:
        raise ModelError(f"{path} is not an int8 export of transformers.js: use another format.")
    prefix = _SIDES[side]
    for name in stored:
        if name.endswith(("_scale", "_zero_point", "_reshape_shape")):
            continue
        plain = name.removesuffix(_QUANTISED)
        if plain in products:
            yield products[plain], _value(stored, plain, path).T.contiguous()
        elif plain.startswith(prefix) and plain.removesuffix(_MERGED).endswith((".weight", ".bias")):
            yield plain.removesuffix(_MERGED).removeprefix(prefix), _value(stored, plain, path)


def _load(path: Path) -> Any:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise ValueError("it is too big for this format")
        model = onnx.load(str(path), load_external_data=False)
    except (DecodeError, OSError, ValueError) as error:
        raise WeightsCorruptError(f"{path} is damaged ({error}): get the file again.") from error
    return model.graph


def _value(stored: dict[str, Any], name: str, path: Path) -> torch.Tensor:
    """One tensor, dequantised if it is stored so."""
    try:
        if name in stored:
            return torch.from_numpy(_array(stored[name]).astype(np.float32))
        scale = _array(stored[f"{name}_scale"])
        zero = _array(stored[f"{name}_zero_point"])
        values = _array(stored[name + _QUANTISED])
        if scale.size != 1 or zero.size != 1 or values.dtype not in (np.int8, np.uint8):
            raise ModelError(f"{path} is quantised in an unknown way at {name}: use another format.")
        # In place: the whole model is held once as int8 and once as fp32, not more.
        result = values.astype(np.float32)
        result -= np.float32(zero.item())
        result *= np.float32(scale.item())
        return torch.from_numpy(result)
    except (KeyError, ValueError, TypeError) as error:
        raise WeightsCorruptError(f"{path} is damaged at {name}: get the file again.") from error


def _array(initializer: Any) -> np.ndarray[Any, Any]:
    if initializer.external_data or any(size < 0 for size in initializer.dims):
        raise ValueError("no data here")
    return numpy_helper.to_array(initializer)


def _all_nodes(graph: Any) -> Iterator[Any]:
    """The nodes of a graph and of the graphs inside its branches."""
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                yield from _all_nodes(attribute.g)


def _all_initializers(graph: Any) -> Iterator[Any]:
    """The stored tensors of a graph and of the graphs inside its branches."""
    yield from graph.initializer
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                yield from _all_initializers(attribute.g)
