"""The memory of an engine is measured in another process."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from specwhisper.evaluation.peers.engines.base import Job
from specwhisper.evaluation.peers.engines.catalogue import BASELINE
from specwhisper.evaluation.peers.memory import peak_bytes
from specwhisper.weights.pairs import Pair


@pytest.mark.weights
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
def test_a_model_takes_at_least_its_own_bytes(real_weights, tmp_path: Path) -> None:
    real_weights("tiny")
    samples = np.zeros(16_000, np.float32)
    peak = peak_bytes(BASELINE, Job(Pair("tiny"), "fp32", 1), tmp_path, samples, "en")
    assert peak is not None
    assert 150e6 < peak < 4e9


def test_an_engine_that_cannot_be_built_has_none(tmp_path: Path) -> None:
    samples = np.zeros(16_000, np.float32)
    job = Job(Pair(str(tmp_path / "nowhere")), "fp32", 1)
    assert peak_bytes(BASELINE, job, tmp_path, samples, "en") is None
