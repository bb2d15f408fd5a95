"""Every table this project grew out of has a command in docs/measurements.md; each runs here, on stand-in
models.

The stand-ins are small and random, with the true vocabularies and mel bins; the Hub's sets are one clip.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from types import SimpleNamespace

import pytest

from specwhisper.cli import main
from specwhisper.network.dimensions import Dimensions
from specwhisper.weights.catalogue import MODELS
from specwhisper.weights.weights import Weights
from tests.clips import SECOND, path_of
from tests.fakes import random_tensors

MEASUREMENTS = Path(__file__).parents[2] / "docs" / "measurements.md"
COMMANDS = [
    command
    for command in re.findall(
        r"\| `python -m specwhisper (benchmark [^`]+)` \|", MEASUREMENTS.read_text("utf-8")
    )
    if "large-" in command
]


@pytest.fixture
def stand_ins(monkeypatch, real_weights) -> None:
    datasets = pytest.importorskip("datasets")
    tokenizer = real_weights("tiny").tokenizer_file

    def load_weights(name: str, **options: object) -> Weights:
        true = MODELS[name].dims
        layers = 1 if name == "tiny" else 2
        # A random model never stops by itself: a short context keeps its texts short.
        dims = Dimensions(true.n_mels, true.vocab_size, 128, 2, layers, layers, text_context=64)
        return Weights(name, dims, random_tensors(dims), tokenizer, None, "made here", True)

    def load_dataset(name: str, config: str | None, *, split: str) -> datasets.Dataset:
        sounds = [{"bytes": path_of(SECOND).read_bytes(), "path": None}]
        columns = {"audio": sounds, "text": [SECOND.phrase], "normalized_text": [SECOND.phrase]}
        return datasets.Dataset.from_dict(columns).cast_column("audio", datasets.Audio())

    def pair_state(name: str) -> SimpleNamespace:
        here = name in ("large-v2+tiny", "large-v2+distil-large-v2")
        return SimpleNamespace(state="ready" if here else "unavailable")

    monkeypatch.setattr("specwhisper.transcription.loading.load_weights", load_weights)
    monkeypatch.setattr("specwhisper.weights.pairs.pair_state", pair_state)
    monkeypatch.setattr("datasets.load_dataset", load_dataset)
    monkeypatch.setattr("specwhisper.weights.hub.reachable", lambda: True)


def test_there_are_six() -> None:
    assert len(COMMANDS) == 6


@pytest.mark.weights
@pytest.mark.parametrize("command", COMMANDS)
def test_the_command_runs(command: str, stand_ins, tmp_path: Path, capsys) -> None:
    words = shlex.split(command.replace("--device cuda --precision fp16", "--device cpu --precision fp32"))
    assert main([*words, "--rounds", "1", "--output-dir", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "### Accuracy" in printed
    if "--mode v3" in command:
        assert "51,866 / 51,865" in printed
        assert "128 / 80" in printed
    if "--mode drafts" in command:
        assert "large-v2+distil-large-v2" in printed
    assert (tmp_path / "report.html").exists()
