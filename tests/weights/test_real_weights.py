"""The real files: the same model out of different packages, and a real download that is shot."""

from __future__ import annotations

import hashlib
import math
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer

from specwhisper.errors import WeightsUnavailableError
from specwhisper.weights.catalogue import MODELS
from specwhisper.weights.packages.store import is_intact
from specwhisper.weights.sources import fetch_source
from specwhisper.weights.weights import Weights, load_weights

pytestmark = pytest.mark.weights

RealWeights = Callable[[str], Weights]


@pytest.mark.parametrize("name", ["tiny", "base", "tiny.en", "base.en", "small"])
def test_real_models_are_what_the_catalogue_says(name: str, real_weights: RealWeights) -> None:
    weights = real_weights(name)
    assert weights.dims == MODELS[name].dims
    assert weights.exact == (name != "small")
    assert weights.alignment_heads
    # Encoder positions are known without the file: sinusoids, as in Radford et al. 2022.
    half = weights.dims.d_model // 2
    rates = torch.exp(-math.log(10_000) / (half - 1) * torch.arange(half))
    angles = torch.arange(1500)[:, None] * rates
    positions = torch.cat([angles.sin(), angles.cos()], dim=1)
    assert (weights.tensors["encoder.embed_positions.weight"].float() - positions).abs().max() < 1e-3


def test_tiny_en_is_bit_for_bit_the_same_from_two_packages(real_weights: RealWeights) -> None:
    one = real_weights("tiny.en")
    spec = MODELS["tiny.en"]
    try:
        located = fetch_source(spec, spec.sources[1])
    except WeightsUnavailableError as error:
        if os.environ.get("SPECWHISPER_REQUIRE_WEIGHTS") == "1":
            raise
        pytest.skip(str(error))
    other = load_weights(str(located.found.files[0]))
    assert {located.found.kind, spec.sources[0].kind} == {"openai", "ct2"}
    assert one.dims == other.dims
    assert one.tensors.keys() == other.tensors.keys()
    for name, tensor in one.tensors.items():
        assert tensor.dtype == other.tensors[name].dtype
        assert torch.equal(tensor, other.tensors[name]), name
    assert other.tokenizer_file.samefile(one.tokenizer_file)


@pytest.mark.parametrize("name", ["base", "tiny.en"])
def test_tokenizers_are_those_of_the_hub(name: str, real_weights: RealWeights) -> None:
    path = real_weights(name).tokenizer_file
    expected = {way.sha256 for way in MODELS[name].tokenizers}
    assert {hashlib.sha256(path.read_bytes()).hexdigest()} == expected
    tokenizer = Tokenizer.from_file(str(path))
    # The damaged ones said ["Ġ", "the"] here.
    assert tokenizer.encode(" the time", add_special_tokens=False).tokens == ["Ġthe", "Ġtime"]
    assert tokenizer.token_to_id("<|30.00|>") == MODELS[name].dims.vocab_size - 1


def test_a_real_download_that_is_shot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, real_weights: RealWeights
) -> None:
    real_weights("tiny.en")  # skips where nothing can be fetched
    code = "from specwhisper.weights.sources import fetch\nfetch('tiny.en', lambda p: print(p, flush=True))"
    environment = {**os.environ, "SPECWHISPER_CACHE": str(tmp_path), "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-c", code]
    child = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
    )
    assert child.stdout is not None
    for polls, _ in enumerate(child.stdout):
        if polls == 7:
            break
    child.kill()
    child.wait()
    child.stdout.close()
    monkeypatch.setenv("SPECWHISPER_CACHE", str(tmp_path))
    (file,) = MODELS["tiny.en"].sources[0].files
    assert not is_intact(file)

    again = subprocess.run(
        command, env=environment, capture_output=True, text=True, cwd=Path(__file__).parents[2]
    )
    if (
        again.returncode
        and "Unavailable" in again.stderr
        and os.environ.get("SPECWHISPER_REQUIRE_WEIGHTS") != "1"
    ):
        pytest.skip("the package cannot be fetched now")
    assert again.returncode == 0, again.stderr
    assert is_intact(file)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lock", "partial", "tiny.en", "tokenizers"]
    assert not any((tmp_path / "partial").iterdir())
