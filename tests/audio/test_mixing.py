"""Channels become one without cancelling each other."""

from __future__ import annotations

import numpy as np
import pytest

from specwhisper.audio.decode import load_audio
from tests.audio.recordings import FLAC, WAV, Format, encode, voice
from tests.audio.test_formats import _name
from tests.eval_data import fault

LEFT = voice(3.0)[0]


def level(samples: np.ndarray) -> float:
    return float(np.sqrt(np.mean(samples.astype(np.float64) ** 2)))


@pytest.mark.parametrize(
    "how",
    [
        WAV,
        FLAC,
        Format("wav", "pcm_u8", "u8"),
        Format("wav", "pcm_f64le", "dbl"),
        Format("matroska", "aac", "fltp"),
    ],
    ids=_name,
)
def test_a_channel_that_is_upside_down(how: Format) -> None:
    heard = load_audio(encode(np.stack([LEFT, -LEFT]), 16_000, how)).samples
    assert level(heard) == pytest.approx(level(LEFT / 32768), rel=0.05)


@pytest.mark.parametrize("share", [0.95, 0.8, 1.2])
def test_nearly_upside_down_with_noise(share: float) -> None:
    noise = np.random.default_rng(1).normal(0, 100, LEFT.shape)
    heard = load_audio(encode(np.stack([LEFT, -LEFT * share + noise]).astype(np.int16), 16_000, WAV)).samples
    assert level(heard) > 0.9 * level(LEFT / 32768)


def test_arrays_too() -> None:
    signal = (LEFT / 32768).astype(np.float32)
    assert np.array_equal(load_audio(np.stack([signal, -signal])).samples, signal)


def test_a_stretch_that_cancels() -> None:
    """Only the last two seconds do: they are heard half a second later at most, the first is as it was."""
    sign = np.where(np.arange(len(LEFT)) < 16_000, 1, -1).astype(np.int16)
    heard = load_audio(encode(np.stack([LEFT, LEFT * sign]), 16_000, WAV)).samples
    assert np.abs(heard[:16_000] - LEFT[:16_000] / 32768).max() < 1e-6
    assert level(heard[-24_000:]) == pytest.approx(level(LEFT[-24_000:] / 32768), rel=0.05)


def test_channels_that_do_not_cancel_are_averaged() -> None:
    for channels in (voice(1.0, 16_000, 2), np.stack([LEFT, 0 * LEFT]), np.stack([LEFT, LEFT // 2])):
        heard = load_audio(encode(channels, 16_000, WAV)).samples
        assert np.abs(heard - (channels / 32768).mean(axis=0)).max() < 1e-6
    alone = np.concatenate(
        [LEFT[None], np.zeros((7, len(LEFT)), np.int16)]
    )  # one speaker at eight microphones
    assert np.abs(load_audio(encode(alone, 16_000, WAV)).samples - LEFT / 32768 / 8).max() < 1e-6


def test_the_recording_on_which_it_went_wrong() -> None:
    file = fault("antiphase.wav")
    if file is None:
        pytest.skip("no evaluation data beside the project")
    assert level(load_audio(file).samples) > 0.05
