"""The large pairs, through the very code a Space runs: Hub-format folders with the true vocabularies,
mel bins and relations (who shares whose encoder), and random weights.

The widths and depths are cut down; ``SPECWHISPER_FULL_SIZE=1`` takes the true ones
(half an hour, 20 GB of memory, 5 GB of disk).
"""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file

from specwhisper.network.dimensions import Dimensions
from specwhisper.transcription.loading import load
from specwhisper.transcription.model import Model
from specwhisper.weights.catalogue import MODELS
from tests.fakes import random_tensors
from tests.marks import EXHAUSTIVE
from tests.standins import write_hub_folder

FULL = bool(os.environ.get("SPECWHISPER_FULL_SIZE"))
TEXT = 48  # tokens of text, prompt included, at the true sizes

pytestmark = [pytest.mark.weights, pytest.mark.timeout(3600)]


def shape(name: str) -> Dimensions:
    true = MODELS[name].dims
    if FULL:
        return true
    return replace(true, d_model=128, heads=2, encoder_layers=1, decoder_layers=min(true.decoder_layers, 3))


def report(transcriber, comparison) -> None:
    base, speculative = comparison.baseline.stats, comparison.speculative.stats
    print(
        f"\n{transcriber.main.name}+{transcriber.draft.name}: {base.tokens} tokens, "
        f"greedy {base.seconds.decode:.1f} s, speculative {speculative.seconds.decode:.1f} s, "
        f"{speculative.tokens_per_cycle:.2f} tokens per cycle, {transcriber.memory}"
    )


def write(folder, name, tokenizer, *, seed: int, encoder_of: Path | None = None) -> str:
    """A folder with random weights in half precision; its encoder may be that of another folder.

    The tensors are gone when this returns: at the true sizes every gigabyte counts.
    """
    tensors = {key: value.half() for key, value in random_tensors(shape(name), seed=seed).items()}
    if encoder_of is not None:
        theirs = load_file(encoder_of / "model.safetensors")
        tensors |= {
            key.removeprefix("model."): value
            for key, value in theirs.items()
            if key.startswith("model.encoder.")
        }
    return str(write_hub_folder(folder, shape(name), tensors, tokenizer))


@pytest.mark.parametrize(
    ("main", "draft", "shared"),
    [
        pytest.param("large-v2", "tiny", False, marks=EXHAUSTIVE),
        ("large-v2", "distil-large-v2", True),
        ("large-v3", "tiny", False),
        pytest.param("large-v3", "distil-large-v3", True, marks=EXHAUSTIVE),
        pytest.param("large-v3", "large-v3-turbo", False, marks=EXHAUSTIVE),
    ],
)
def test_the_large_pairs_load_and_agree(
    main, draft, shared, real_weights, tmp_path, monkeypatch, capsys
) -> None:
    if FULL:  # a pass of the true size takes half a second, and random weights would write to the very end
        monkeypatch.setattr(Model, "context", property(lambda self: TEXT))
    tokenizer = real_weights("tiny").tokenizer_file
    first = write(tmp_path / main, main, tokenizer, seed=1)
    second = write(tmp_path / draft, draft, tokenizer, seed=2, encoder_of=Path(first) if shared else None)

    transcriber = load(f"{first}+{second}", device="cpu")
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
    if FULL:
        with capsys.disabled():
            report(transcriber, comparison)
    shutil.rmtree(tmp_path)
