"""What we write for whisper.cpp, our own reader of that format reads back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from specwhisper.evaluation.peers.engines.ggml_export import quantise, writer
from specwhisper.weights.readers import ggml
from specwhisper.weights.tensor_names import from_openai, tensor_shapes, to_openai
from tests.evaluation.made import SMALL, weights


def test_names_go_both_ways() -> None:
    names = list(tensor_shapes(SMALL))
    assert [from_openai(to_openai(name)) for name in names] == names
    assert (
        to_openai("decoder.layers.1.encoder_attn.k_proj.weight") == "decoder.blocks.1.cross_attn.key.weight"
    )


@pytest.mark.weights
def test_a_model_survives_the_round_trip(real_weights, tmp_path: Path) -> None:
    made = weights(real_weights("tiny").tokenizer_file)
    writer("fp16")(made, tmp_path)
    dims, tensors = ggml.read(tmp_path / "model.bin")
    assert dims == SMALL
    assert tensors.keys() == made.tensors.keys()
    for name, tensor in tensors.items():
        wanted = made.tensors[name]
        assert torch.equal(tensor, wanted.to(tensor.dtype)), name
        assert tensor.dtype == (torch.float16 if _is_matrix(name) else torch.float32), name


def _is_matrix(name: str) -> bool:
    return name.endswith("weight") and "norm" not in name and "positions" not in name


def test_q8_0_is_close_and_whole() -> None:
    rows = np.random.default_rng(0).normal(size=(4, 64)).astype(np.float32)
    rows[0, :32] = 0
    packed = np.frombuffer(quantise(rows), dtype=[("scale", "<f2"), ("values", "i1", 32)])
    back = (packed["scale"].astype(np.float32)[:, None] * packed["values"]).reshape(4, 64)
    assert np.abs(back - rows).max() < np.abs(rows).max() / 127
    assert np.all(back[0, :32] == 0)
