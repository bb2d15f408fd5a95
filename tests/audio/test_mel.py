"""The filters are those of transformers to the last bit, and those of librosa."""

from __future__ import annotations

import librosa
import numpy as np
import pytest
from transformers.audio_utils import mel_filter_bank

from specwhisper.audio.mel import mel_filters


@pytest.mark.parametrize("n_mels", [80, 128])
def test_filters_equal_those_of_transformers(n_mels: int) -> None:
    bank = mel_filter_bank(
        num_frequency_bins=201,
        num_mel_filters=n_mels,
        min_frequency=0.0,
        max_frequency=8000.0,
        sampling_rate=16_000,
        norm="slaney",
        mel_scale="slaney",
    )
    filters = mel_filters(n_mels)
    assert filters.shape == (n_mels, 201) and filters.dtype == np.float32
    assert np.array_equal(filters, bank.T.astype(np.float32))


@pytest.mark.parametrize("n_mels", [80, 128])
def test_filters_equal_those_of_librosa(n_mels: int) -> None:
    reference = librosa.filters.mel(sr=16_000, n_fft=400, n_mels=n_mels)
    np.testing.assert_allclose(mel_filters(n_mels), reference, rtol=1e-5, atol=1e-8)
