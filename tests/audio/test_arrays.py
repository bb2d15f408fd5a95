"""Arrays and tensors as recordings."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from specwhisper.audio.decode import load_audio
from specwhisper.errors import AudioTooLongError, EmptyAudioError, NotAudioError, OptionError
from tests.audio.recordings import voice

SIGNAL = (voice(1.0)[0] / 32768).astype(np.float32)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int8, np.int16, np.int32])
def test_signed_types_have_their_own_full_scale(dtype: Any) -> None:
    scale = 1.0 if np.issubdtype(dtype, np.floating) else -float(np.iinfo(dtype).min)
    heard = load_audio((SIGNAL * scale).astype(dtype)).samples
    assert heard.dtype == np.float32
    assert np.abs(heard - SIGNAL).max() < {1: 0.01, 2: 1e-3}.get(np.dtype(dtype).itemsize, 1e-6)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_unsigned_types_are_silent_at_their_middle(dtype: Any) -> None:
    middle = (np.iinfo(dtype).max + 1) / 2
    heard = load_audio((SIGNAL * middle + middle).astype(dtype)).samples
    assert np.abs(heard - SIGNAL).max() < 0.01


def test_the_shorter_axis_is_the_channels() -> None:
    stereo = np.stack([SIGNAL, SIGNAL * 0.5])
    for array in (stereo, stereo.T, np.asfortranarray(stereo), np.ascontiguousarray(stereo.T)):
        assert np.allclose(load_audio(array).samples, SIGNAL * 0.75, atol=1e-6)
    assert np.allclose(load_audio(SIGNAL[None]).samples, SIGNAL)
    assert np.allclose(load_audio(SIGNAL[:, None]).samples, SIGNAL)
    assert load_audio(np.array([[0.5, 0.5], [-0.5, 0.5]])).samples.tolist() == [0.0, 0.5]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64, torch.int16])
def test_tensors(dtype: torch.dtype) -> None:
    tensor = torch.from_numpy(SIGNAL)
    if not dtype.is_floating_point:
        tensor = tensor * 32767
    tensor = tensor.to(dtype).requires_grad_(dtype.is_floating_point)
    assert np.abs(load_audio(tensor).samples - SIGNAL).max() < 0.01


def test_rates() -> None:
    assert load_audio(voice(1.0, 8_000), sampling_rate=8_000).seconds == 1.0
    assert load_audio(voice(1.0, 44_100), sampling_rate=np.int64(44_100)).seconds == 1.0
    for wrong in (0, -1, 10, 10**9, float("nan"), "16000", True):
        with pytest.raises(OptionError, match="sampling_rate"):
            load_audio(SIGNAL, sampling_rate=wrong)
    with pytest.raises(OptionError, match="belongs to arrays"):
        load_audio(b"RIFF", sampling_rate=16_000)


def test_the_callers_array_is_left_alone() -> None:
    mine = SIGNAL.copy()
    heard = load_audio(mine)
    heard.samples[:] = 0
    assert np.array_equal(mine, SIGNAL)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e30])
def test_samples_that_are_no_sound(bad: float) -> None:
    array = SIGNAL.astype(np.float64)
    array[77] = bad
    with pytest.raises(NotAudioError, match="NaN, infinite or absurdly large"):
        load_audio(array)


@pytest.mark.parametrize(
    "array",
    [np.zeros((2, 3, 4)), np.array(1.0, np.float32), np.zeros((80, 3000), np.float32)]
    + [np.zeros(9, dtype) for dtype in (bool, np.int64, np.uint64, np.complex64, object, "U3")],
    ids=lambda array: f"{array.dtype}-{array.ndim}",
)
def test_arrays_that_are_no_sound(array: np.ndarray) -> None:
    with pytest.raises(NotAudioError, match="is an array"):
        load_audio(array)


@pytest.mark.parametrize("shape", [(0,), (0, 2), (2, 0)])
def test_no_samples(shape: tuple[int, ...]) -> None:
    with pytest.raises(EmptyAudioError):
        load_audio(np.zeros(shape, np.float32))


def test_too_long() -> None:
    assert load_audio(SIGNAL, max_seconds=1).seconds == 1.0
    with pytest.raises(AudioTooLongError, match=r"limit of 0.9 seconds"):
        load_audio(SIGNAL, max_seconds=0.9)
