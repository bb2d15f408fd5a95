"""Times of words beside a comparison of clips: measured after the clock has stopped."""

from __future__ import annotations

import numpy as np
import pytest

from specwhisper.audio.decode import load_audio
from tests.clips import ENGLISH, path_of

pytestmark = pytest.mark.weights


def test_the_words_of_a_clip_are_where_the_recording_has_them(real_pair) -> None:
    transcriber = real_pair("base+tiny")
    sound = load_audio(path_of(ENGLISH))
    timed = transcriber.compare(sound, language="en", lookahead=4, word_times=True)
    (segment,) = timed.speculative.segments
    assert "".join(word.text for word in segment.words) == segment.text
    assert not timed.baseline.segments[0].words
    starts = [word.start for word in segment.words]
    assert starts == sorted(starts)
    assert all(0 <= word.start <= word.end <= sound.seconds + 0.02 for word in segment.words)
    assert {word.origin for word in segment.words} >= {"accepted"}
    # The same words with times that main wrote: within half a second of each other.
    reference = transcriber.transcribe(sound, language="en", timestamps="word")
    known = [word.start for each in reference.segments for word in each.words]
    assert np.median(np.abs(np.subtract(starts, known))) < 0.1
    plain = transcriber.compare(sound, language="en", lookahead=4)
    assert plain.speculative.text == timed.speculative.text
    assert not plain.speculative.segments[0].words


def test_silence_has_no_words(real_pair) -> None:
    silence = np.zeros(32_000, np.float32)
    for segment in real_pair("base+tiny").compare(silence, vad=True, word_times=True).speculative.segments:
        assert not segment.words
