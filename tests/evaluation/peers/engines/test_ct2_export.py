"""What we write for CTranslate2, our own reader of that format reads back unchanged."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from specwhisper.weights.readers import ct2
from tests.evaluation.made import SMALL, weights

pytest.importorskip("ctranslate2")


@pytest.mark.weights
def test_a_model_survives_the_round_trip(real_weights, tmp_path: Path) -> None:
    from specwhisper.evaluation.peers.engines.ct2_export import write_ct2

    made = weights(real_weights("tiny").tokenizer_file)
    write_ct2(made, tmp_path)
    dims, tensors = ct2.read(tmp_path / "model.bin")
    assert dims == SMALL
    assert tensors.keys() == made.tensors.keys()
    assert all(torch.equal(tensors[name], made.tensors[name]) for name in tensors)
    names = json.loads((tmp_path / "vocabulary.json").read_text("utf-8"))
    assert len(names) == SMALL.vocab_size
    assert names[50_257:50_260] == ["<|endoftext|>", "<|startoftranscript|>", "<|en|>"]
    config = json.loads((tmp_path / "config.json").read_text())
    assert len(config["lang_ids"]) == 99
    assert config["alignment_heads"] == [[1, 0], [1, 1]]
