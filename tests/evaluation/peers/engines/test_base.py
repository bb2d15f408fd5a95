"""Windows, and what is made once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from specwhisper.evaluation.peers.engines.base import WindowWritten, Workshop, by_windows, suppression
from specwhisper.vocabulary.specials import Vocabulary
from specwhisper.vocabulary.text import TextCodec
from tests.evaluation.made import weights


@pytest.mark.weights
def test_windows_add_up(real_weights) -> None:
    codec = TextCodec(real_weights("tiny").tokenizer_file, Vocabulary(51_865))
    said = [codec.encode(" one"), codec.encode(" two")]

    def write(samples: np.ndarray) -> WindowWritten:
        assert len(samples) <= 480_000
        return WindowWritten(said.pop(0), bool(said), 0.1, 0.2, 0.3)

    written = by_windows(np.zeros(500_000, np.float32), codec, write)
    assert written.text == "one two"
    assert written.decided == len(written.tokens) + 1  # the second window did not end
    assert (written.features, written.encode, written.decode) == pytest.approx((0.2, 0.4, 0.6))


def test_a_model_is_converted_once(tmp_path: Path) -> None:
    calls: list[Path] = []
    for _ in range(2):  # a workshop in another process shares only the folder
        workshop = Workshop(tmp_path)
        workshop.once(("weights", "some/model"), lambda: None)
        folder = workshop.converted("some/model", "kind", lambda weights, folder: calls.append(folder))
    assert calls == [folder]
    assert folder.is_dir()


@pytest.mark.weights
def test_the_same_tokens_are_suppressed_as_by_our_engine(real_weights) -> None:
    suppress, begin = suppression(weights(real_weights("tiny").tokenizer_file))
    assert 50_257 in begin
    assert {50_258, 50_359} <= set(suppress)
