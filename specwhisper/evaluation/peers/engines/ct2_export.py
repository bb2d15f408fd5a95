"""A CTranslate2 model folder from our tensors: what faster-whisper loads.

The reverse of ``weights.readers.ct2``: query, key and value of self-attention become one projection, key and
value of cross-attention another; keys get a bias of zeros.
"""

from __future__ import annotations

import json
import shutil
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from specwhisper.evaluation.peers.engines.base import suppression
from specwhisper.vocabulary.specials import Vocabulary
from specwhisper.weights.weights import Weights


def write_ct2(weights: Weights, folder: Path) -> None:
    """model.bin (float32), config.json, vocabulary.json, tokenizer.json and preprocessor_config.json."""
    import ctranslate2

    dims = weights.dims
    spec = ctranslate2.specs.WhisperSpec(dims.encoder_layers, dims.heads, dims.decoder_layers, dims.heads)
    tensors = Arrays(weights)
    _side(spec.encoder, tensors, "encoder")
    _side(spec.decoder, tensors, "decoder")
    for name in ("conv1", "conv2"):
        part = getattr(spec.encoder, name)
        part.weight, part.bias = tensors[f"encoder.{name}.weight"], tensors[f"encoder.{name}.bias"]
    embedding = tensors["decoder.embed_tokens.weight"]
    spec.decoder.embeddings.weight = embedding
    spec.decoder.projection.weight = embedding
    spec.register_vocabulary(vocabulary_names(weights))
    _configure(spec.config, weights)
    spec.validate()
    spec.optimize(quantization="float32")
    spec.save(str(folder))
    shutil.copyfile(weights.tokenizer_file, folder / "tokenizer.json")
    (folder / "preprocessor_config.json").write_text(json.dumps({"feature_size": dims.n_mels}))


class Arrays:
    """Our tensors as float32 arrays, by name."""

    def __init__(self, weights: Weights) -> None:
        self._tensors = weights.tensors

    def __getitem__(self, name: str) -> np.ndarray:
        return self._tensors[name].float().contiguous().numpy()

    def fused(self, layer: str, *parts: str) -> tuple[np.ndarray, np.ndarray]:
        """The weights and biases of several projections of one input, below each other."""
        weights = [self[f"{layer}.{part}.weight"] for part in parts]
        biases = [
            np.zeros(len(weight), np.float32) if part.endswith("k_proj") else self[f"{layer}.{part}.bias"]
            for part, weight in zip(parts, weights, strict=True)
        ]
        return np.concatenate(weights), np.concatenate(biases)


def vocabulary_names(weights: Weights) -> list[str]:
    """How each id is written, special ones by their ``<|name|>``."""
    from tokenizers import Tokenizer

    vocabulary = Vocabulary(weights.dims.vocab_size)
    tokenizer = Tokenizer.from_file(str(weights.tokenizer_file))
    return [
        vocabulary.name(token) if vocabulary.is_special(token) else str(tokenizer.id_to_token(token))
        for token in range(vocabulary.size)
    ]


def _side(spec: Any, tensors: Arrays, side: str) -> None:
    spec.position_encodings.encodings = tensors[f"{side}.embed_positions.weight"]
    _norm(spec.layer_norm, tensors, f"{side}.layer_norm")
    for index, layer in enumerate(spec.layer):
        name = f"{side}.layers.{index}"
        own = layer.self_attention
        _norm(own.layer_norm, tensors, f"{name}.self_attn_layer_norm")
        _linear(own.linear[0], tensors.fused(f"{name}.self_attn", "q_proj", "k_proj", "v_proj"))
        _linear(own.linear[1], tensors.fused(f"{name}.self_attn", "out_proj"))
        if side == "decoder":
            cross = layer.attention
            _norm(cross.layer_norm, tensors, f"{name}.encoder_attn_layer_norm")
            _linear(cross.linear[0], tensors.fused(f"{name}.encoder_attn", "q_proj"))
            _linear(cross.linear[1], tensors.fused(f"{name}.encoder_attn", "k_proj", "v_proj"))
            _linear(cross.linear[2], tensors.fused(f"{name}.encoder_attn", "out_proj"))
        _norm(layer.ffn.layer_norm, tensors, f"{name}.final_layer_norm")
        _linear(layer.ffn.linear_0, tensors.fused(name, "fc1"))
        _linear(layer.ffn.linear_1, tensors.fused(name, "fc2"))


def _linear(spec: Any, values: tuple[np.ndarray, np.ndarray]) -> None:
    spec.weight, spec.bias = values


def _norm(spec: Any, tensors: Arrays, name: str) -> None:
    spec.gamma, spec.beta = tensors[f"{name}.weight"], tensors[f"{name}.bias"]


def _configure(config: Any, weights: Weights) -> None:
    dims = weights.dims
    suppress, begin = suppression(weights)
    # Where nobody knows which heads follow the time, CTranslate2 takes those of the upper half.
    upper = product(range(dims.decoder_layers // 2, dims.decoder_layers), range(dims.heads))
    config.suppress_ids = list(suppress)
    config.suppress_ids_begin = list(begin)
    config.lang_ids = sorted(Vocabulary(dims.vocab_size).languages.values())
    config.alignment_heads = [list(pair) for pair in (weights.alignment_heads or upper)]
