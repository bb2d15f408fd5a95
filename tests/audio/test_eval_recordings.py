"""Real recordings in real containers, where the evaluation data lies beside the project."""

from __future__ import annotations

import numpy as np
import pytest

from specwhisper.audio.decode import load_audio
from tests.eval_data import eval_folder, manifest

HARD = eval_folder("hard")
if HARD is None:
    pytest.skip("no evaluation data beside the project", allow_module_level=True)


@pytest.mark.parametrize("entry", manifest(HARD), ids=lambda entry: entry["id"])
def test_real_recordings_are_heard_whole(entry: dict) -> None:
    heard = load_audio(HARD / entry["audio"])
    assert heard.seconds == pytest.approx(entry["duration_s"], rel=0.05)
    assert np.isfinite(heard.samples).all()
    assert np.abs(heard.samples).max() > 0.001 or not entry["text"]
