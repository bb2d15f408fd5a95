from __future__ import annotations

import numpy as np
import pytest

from specwhisper.audio.activity import find_speech
from specwhisper.audio.decode import load_audio
from specwhisper.transcription.live.voice import Voice
from tests.clips import SHORT, path_of


@pytest.mark.parametrize("size", (100, 1600, 16_000, 10**6))
def test_speech_is_found_where_the_whole_recording_has_it(size: int) -> None:
    samples = load_audio(path_of(SHORT)).samples
    quiet = np.zeros(2 * 16_000, np.float32)
    sound = np.concatenate([quiet, samples, quiet])
    voice, ends, begun = Voice(), [], None
    for first in range(0, len(sound), size):
        voice.hear(sound[first : first + size])
        begun = begun or (voice.since if voice.until else None)
        ends.append(voice.until)
    spans = find_speech(sound)
    assert begun is not None
    assert begun >= spans[0].start
    assert ends == sorted(ends)
    assert abs(voice.until - spans[-1].end) < 0.8 * 16_000
    assert not voice.speaks


def test_a_click_and_quiet_noise_are_no_speech() -> None:
    voice = Voice()
    sound = np.random.default_rng(1).normal(0, 0.001, 8 * 16_000).astype(np.float32)
    sound[16_000:16_050] = 0.9
    voice.hear(sound)
    assert voice.until == 0
    voice.hear(np.empty(0, np.float32))
    assert not voice.speaks
