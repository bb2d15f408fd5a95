"""The large pairs, through the very code a Space runs: Hub-format folders with the true vocabularies,
mel bins and relations (who shares whose encoder), and random weights.

The widths and depths are cut down; ``SPECWHISPER_FULL_SIZE=1`` takes the true ones (minutes, 20 GB).
"""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import pytest

from specwhisper.models.catalogue import MODELS
from specwhisper.models.dimensions import Dimensions
from specwhisper.transcription.loading import load
from tests.fakes import random_tensors
from tests.standins import write_hub_folder

FULL = bool(os.environ.get("SPECWHISPER_FULL_SIZE"))

pytestmark = [pytest.mark.weights, pytest.mark.timeout(3600)]


def shape(name: str) -> Dimensions:
    true = MODELS[name].dims
    if FULL:
        return true
    return replace(true, d_model=128, heads=2, encoder_layers=1, decoder_layers=min(true.decoder_layers, 3))


def half(tensors):
    return {name: tensor.half() for name, tensor in tensors.items()}


@pytest.mark.parametrize(
    ("main", "draft", "shared"),
    [
        ("large-v2", "tiny", False),
        ("large-v2", "distil-large-v2", True),
        ("large-v3", "tiny", False),
        ("large-v3", "distil-large-v3", True),
        ("large-v3", "large-v3-turbo", False),
    ],
)
def test_the_large_pairs_load_and_agree(main, draft, shared, real_weights, tmp_path) -> None:
    tokenizer = real_weights("tiny").tokenizer_file
    tensors = random_tensors(shape(main), seed=1)
    write_hub_folder(tmp_path / main, shape(main), half(tensors), tokenizer)
    own = random_tensors(shape(draft), seed=2)
    if shared:
        own |= {name: tensor for name, tensor in tensors.items() if name.startswith("encoder.")}
    write_hub_folder(tmp_path / draft, shape(draft), half(own), tokenizer)

    transcriber = load(f"{tmp_path / main}+{tmp_path / draft}", device="cpu")
    assert transcriber.main.network.dims == shape(main)
    assert (transcriber.draft.network.encoder is transcriber.main.network.encoder) is shared
    noise = np.random.default_rng(0).normal(scale=0.1, size=16_000).astype(np.float32)
    comparison = transcriber.compare(noise, language="en", lookahead=4)
    assert comparison.identical
    assert len(comparison.baseline.stats.cycles) > 1
    assert comparison.speculative.stats.drafted > 0
    if shared:
        assert (
            comparison.speculative.stats.seconds.encode_draft
            < comparison.speculative.stats.seconds.encode_main
        )
