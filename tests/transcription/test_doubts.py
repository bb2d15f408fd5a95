"""What is said about transcripts that may not be what was wanted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from specwhisper.audio.waveform import Waveform
from specwhisper.results import Seconds, Stats, Transcript
from specwhisper.transcription.doubts import doubts_about

STATS = Stats("greedy", "tiny", None, "fp32", "cpu", (), Seconds())
NOTHING = Transcript("", "en", 1.0, (), (), STATS)
NOISE = Waveform(np.full(16_000, 0.01, np.float32), "talk.wav")


@pytest.mark.parametrize(("vad", "advice"), [(True, "--no-vad"), (False, "larger model")])
def test_sound_without_a_word_is_mentioned_with_what_to_try(vad: bool, advice: str) -> None:
    (doubt,) = doubts_about(NOTHING, NOISE, vad=vad)
    assert "talk.wav" in doubt
    assert advice in doubt
    assert doubt.count(". ") == 0


@pytest.mark.parametrize("samples", [np.full(16_000, 2.0**-15, np.float32), np.zeros(0, np.float32)])
def test_silence_is_called_so(samples: np.ndarray) -> None:
    (doubt,) = doubts_about(NOTHING, Waveform(samples, "talk.wav"), vad=True)
    assert doubt.startswith("talk.wav holds nothing but silence")
    assert "--no-vad" not in doubt


@pytest.mark.parametrize(("likely", "doubts"), [(None, 0), (0.9, 0), (0.4, 1)])
def test_an_uncertain_language_is_named(likely: float | None, doubts: int) -> None:
    transcript = replace(NOTHING, text="ja", language="nl", language_probability=likely)
    found = doubts_about(transcript, NOISE, vad=True)
    assert len(found) == doubts
    assert all("Dutch, 40%" in each for each in found)


def test_what_was_wrong_with_the_recording_comes_first() -> None:
    cut = replace(NOISE, warnings=("talk.wav breaks off.",))
    assert doubts_about(NOTHING, cut, vad=True)[0] == "talk.wav breaks off."
