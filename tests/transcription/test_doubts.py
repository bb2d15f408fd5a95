"""What is said about transcripts that may not be what was wanted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from specwhisper.audio.waveform import Waveform
from specwhisper.results import Seconds, Segment, Stats, Transcript
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


def test_a_recording_without_a_name_is_called_so_within_a_sentence() -> None:
    (doubt,) = doubts_about(NOTHING, Waveform(NOISE.samples, "The recording"), vad=True)
    assert "No speech was found in the recording," in doubt


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


LOOP, SPEECH = " en dan nog" * 40, " Met betrekkelijk weinig geld kan veel worden gedaan."


def window(text: str, start: float = 0.0, ratio: float | None = None) -> tuple[Segment, ...]:
    return (Segment(start, start + 30, text, (1,), compression_ratio=ratio),)


@pytest.mark.parametrize("ratio", [None, 12.0])  # a window of fixed length was not judged
def test_a_text_that_repeats_itself_is_told_with_its_place(ratio: float | None) -> None:
    windows = [window(SPEECH), window(LOOP, 30, ratio), (), window(LOOP, 90, ratio), window(SPEECH, 120)]
    (doubt,) = doubts_about(replace(NOTHING, text="ja"), NOISE, vad=True, windows=windows, limit=2.4)
    assert doubt.startswith("The text of talk.wav repeats itself in 2 of 4 windows (from 0:30): ")
    assert doubt.endswith("try another model.")
    int8 = replace(NOTHING, text="ja", stats=replace(STATS, precision="int8"))
    (doubt,) = doubts_about(int8, NOISE, vad=True, windows=[window(LOOP)], limit=2.4)
    assert doubt.startswith("The text of talk.wav repeats itself (from 0:00): ")
    assert doubt.endswith("try another model or fp32.")


@pytest.mark.parametrize(
    "kept",
    [
        window(SPEECH, ratio=1.2),
        window(LOOP, ratio=2.4),  # judged good when it was written
        window(" en dan nog", ratio=12.0),  # of a loop that was cut off
        (),
    ],
)
def test_what_is_left_of_a_window_decides(kept: tuple[Segment, ...]) -> None:
    assert doubts_about(replace(NOTHING, text="ja"), NOISE, vad=True, windows=[kept], limit=2.4) == ()
    assert doubts_about(replace(NOTHING, text="ja"), NOISE, vad=True, windows=[window(LOOP)]) == ()
