"""Features equal those of transformers, to which the models were tuned."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest
import torch
from transformers import WhisperFeatureExtractor

from specwhisper.audio.decode import load_audio
from specwhisper.audio.features import log_mel
from specwhisper.audio.windows import WINDOW_SAMPLES
from tests.audio.recordings import voice


def _reference(samples: np.ndarray, n_mels: int) -> np.ndarray:
    extractor = WhisperFeatureExtractor(feature_size=n_mels)
    return extractor(samples, sampling_rate=16_000, return_tensors="np").input_features[0]


def _noise(count: int) -> np.ndarray:
    return np.random.default_rng(count).standard_normal(count).astype(np.float32) * 0.1


@pytest.mark.parametrize("n_mels", [80, 128])
@pytest.mark.parametrize(
    "count", [1, 159, 160, 199, 200, 201, 400, 7_999, 480_000 - 201, 480_000 - 200, 480_000 - 40, 480_000]
)
def test_noise_equals_transformers(n_mels: int, count: int) -> None:
    """Lengths around the edges of frames, of the mirrored borders and of the window."""
    features = log_mel(_noise(count), n_mels)
    assert features.shape == (n_mels, 3000)
    assert features.dtype == torch.float32
    assert np.abs(features.numpy() - _reference(_noise(count), n_mels)).max() < 1e-5


@pytest.mark.parametrize("n_mels", [80, 128])
@pytest.mark.parametrize("gain", [1.0, 1e-4, 0.0])
def test_tones_and_silence_equal_transformers(n_mels: int, gain: float) -> None:
    samples = load_audio(voice(12.0)).samples * np.float32(gain)
    assert np.abs(log_mel(samples, n_mels).numpy() - _reference(samples, n_mels)).max() < 1e-5


def test_tensors_and_arrays_are_the_same_and_stay_unchanged() -> None:
    samples = _noise(50_000)
    before = samples.copy()
    assert torch.equal(
        log_mel(samples, 80), log_mel(torch.from_numpy(samples), 80, device=torch.device("cpu"))
    )
    assert np.array_equal(samples, before)


@pytest.mark.parametrize("shape", [(0,), (WINDOW_SAMPLES + 1,), (1, 16_000)])
def test_only_windows_have_features(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="a window holds 1 to 480000 samples"):
        log_mel(np.zeros(shape, np.float32), 80)


def test_not_slower_than_transformers() -> None:
    """About 5 ms a window on two quiet cores; compared and not clocked, because cores are often busy."""
    samples = _noise(WINDOW_SAMPLES)
    assert _fastest(lambda: log_mel(samples, 128)) < 2 * _fastest(lambda: _reference(samples, 128))


def _fastest(work: Callable[[], object]) -> float:
    seconds = []
    for _ in range(8):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return min(seconds)


def test_blank_features_follow_a_short_window_where_asked() -> None:
    samples = np.random.default_rng(0).normal(scale=0.1, size=16_000).astype(np.float32)
    usual, blank = log_mel(samples, 80), log_mel(samples, 80, blank=True)
    assert torch.equal(usual[:, :100], blank[:, :100])
    assert not blank[:, 100:].any()
    assert usual[:, 110:].max() < 0
