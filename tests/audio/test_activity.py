"""Speech is found where it is; silence, noise and tones hold none."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from specwhisper.audio.activity import LEVEL, chances_of_speech, find_speech, gain_for
from specwhisper.audio.decode import load_audio
from tests.clips import ENGLISH, path_of

RATE = 16_000


def test_speech_between_silence_is_found_where_it_is() -> None:
    clip = load_audio(path_of(ENGLISH)).samples
    quiet = np.zeros(5 * RATE, np.float32)
    (found,) = find_speech(np.concatenate([quiet, clip, quiet]))
    assert 5 * RATE - RATE <= found.start <= 6 * RATE
    assert 4 * RATE + len(clip) <= found.end <= 6 * RATE + len(clip)


@pytest.mark.parametrize("seconds", [0.0, 0.001, 0.02, 3.0])
def test_silence_holds_none(seconds: float) -> None:
    assert find_speech(np.zeros(round(seconds * RATE), np.float32)) == []


def test_noise_and_a_tone_hold_none() -> None:
    noise = np.random.default_rng(0).normal(scale=0.1, size=5 * RATE).astype(np.float32)
    tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(5 * RATE, dtype=np.float32) / RATE)
    assert find_speech(noise) == []
    assert find_speech(tone) == []


def test_long_silence_separates_and_short_silence_does_not() -> None:
    clip = load_audio(path_of(ENGLISH)).samples

    def pause(seconds: float) -> np.ndarray:
        return np.concatenate([clip, np.zeros(round(seconds * RATE), np.float32), clip])

    assert len(find_speech(pause(4.0))) == 2
    assert len(find_speech(pause(0.2))) == 1
    assert all(each.end - each.start <= 4 * RATE for each in find_speech(pause(1.0), silence=0.5, longest=3))


def test_the_number_of_threads_is_left_alone() -> None:
    before = torch.get_num_threads()
    find_speech(np.zeros(RATE, np.float32))
    assert torch.get_num_threads() == before


@pytest.mark.parametrize("samples", [0, 1, 511, 512, 513, 256 * 512, 256 * 512 + 1, None])
def test_many_frames_at_a_time_are_judged_as_the_package_judges_them_one_by_one(samples: int | None) -> None:
    from silero_vad import load_silero_vad

    model = load_silero_vad()
    sound = load_audio(path_of(ENGLISH)).samples[:samples]
    padded = torch.from_numpy(np.pad(sound, (0, -len(sound) % 512)))
    with torch.inference_mode():
        expected = [float(model(frame, 16_000)) for frame in padded.split(512)] if len(sound) else []
    assert chances_of_speech(sound, lambda fraction: None) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("decibels", [-70, -50, -20, 6])
def test_how_loud_a_recording_is_does_not_matter(decibels: float) -> None:
    clip = load_audio(path_of(ENGLISH)).samples
    quiet = np.concatenate([np.zeros(3 * RATE, np.float32), clip])
    assert find_speech(quiet * np.float32(10 ** (decibels / 20))) == find_speech(quiet)


def test_a_click_does_not_set_the_level() -> None:
    clip = load_audio(path_of(ENGLISH)).samples / 300
    clicked = clip.copy()
    clicked[RATE : RATE + 800] = 1.0
    assert gain_for(clicked) == pytest.approx(gain_for(clip), rel=0.2)
    (found,) = find_speech(clicked)
    (whole,) = find_speech(clip)
    assert found.end - found.start >= 0.9 * (whole.end - whole.start)


@pytest.mark.parametrize("samples", [0, 1, 511, 512, 513, 1024, RATE])
def test_the_gain_of_any_length(samples: int) -> None:
    assert gain_for(np.zeros(samples, np.float32)) == 1.0
    loud = gain_for(np.full(samples, 0.5, np.float32))
    assert loud == pytest.approx(LEVEL / 0.5 if samples >= 512 else 1.0)


def test_a_faint_hiss_holds_no_speech() -> None:
    noise = np.random.default_rng(1).normal(scale=1e-4, size=20 * RATE).astype(np.float32)
    assert find_speech(noise) == []
