"""The timeline: which word stands where, in whose colour, and that no sound or text can break it."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise

import librosa
import numpy as np
import plotly.graph_objects as go
import pytest

from specwhisper.audio.waveform import SAMPLE_RATE, Waveform
from specwhisper.output.figures_timeline import (
    COLUMNS,
    LABELS,
    LANES,
    MELS,
    RANGE,
    ROW_SECONDS,
    SHOWN_SECONDS,
    log_mel_picture,
    placed,
    sound_timeline,
    tint,
)
from specwhisper.output.palette import ORIGIN_COLOURS, VERDICT_LABELS
from specwhisper.output.spoken import Spoken, spoken
from specwhisper.results import Piece, Segment, Transcript, Word
from tests.ui.comparisons import HOSTILE, make_comparison

WORDS = (
    Word(0.5, 0.9, " The", 0.98, "accepted"),
    Word(0.9, 1.4, " sun", 0.5, "correction"),
    Word(2.0, 2.6, " rises.", 0.9, "bonus"),
)


def tone(seconds: float, hertz: float = 1000.0) -> Waveform:
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return Waveform((0.3 * np.sin(2 * np.pi * hertz * time)).astype(np.float32))


def said(words: tuple[Word, ...] = WORDS, seconds: float = 3.0) -> Transcript:
    text = "".join(word.text for word in words)
    template = make_comparison().speculative
    return replace(
        template, duration=seconds, segments=(Segment(0.0, seconds, text, (), words=words),), pieces=()
    )


def bars(figure: go.Figure, name: str) -> list[go.Bar]:
    return [trace for trace in figure.data if trace.name == name]


def test_each_word_has_its_time_its_colour_and_its_name() -> None:
    figure = sound_timeline(said(), tone(3))
    (strip,), (labels,) = bars(figure, "words"), bars(figure, "labels")
    assert list(strip.base) == [0.5, 0.9, 2.0]
    assert list(strip.x) == pytest.approx([0.4, 0.5, 0.6])
    origins = ("accepted", "correction", "bonus")
    assert list(strip.marker.color) == [ORIGIN_COLOURS[origin] for origin in origins]
    assert list(labels.marker.color) == [tint(ORIGIN_COLOURS[origin]) for origin in origins]
    assert list(labels.base) == [0.5, 0.9, 2.0]
    assert list(labels.text) == ["The", "sun", "rises."]
    assert strip.hovertext[1] == "“sun”, 0.9–1.4 s<br>Correction<br>50% sure"
    legend = [trace.name for trace in figure.data if isinstance(trace, go.Scatter)]
    assert legend == [VERDICT_LABELS[origin] for origin in origins], "as the heatmap calls them"
    assert figure.layout.title.text == "1 of 3 words came from the draft"
    assert figure.layout.title.subtitle.text == "Each word begins where it was said"


def test_a_tone_is_drawn_at_its_own_height() -> None:
    figure = sound_timeline(said(), tone(3, 4000))
    picture = figure.data[0]
    loudest = np.asarray(picture.z)[:, 100].argmax()
    assert picture.y[loudest] <= figure.layout.yaxis.tickvals[1] <= picture.y[loudest + 1]
    assert figure.layout.yaxis.ticktext[1] == "4 kHz"


def test_the_picture_is_librosas_log_mel_in_decibels() -> None:
    sound = tone(2).samples + np.random.default_rng(0).normal(0, 0.01, 2 * SAMPLE_RATE).astype(np.float32)
    picture, hop = log_mel_picture(sound)
    power = librosa.feature.melspectrogram(
        y=sound, sr=SAMPLE_RATE, n_fft=1024, win_length=512, hop_length=160, n_mels=MELS
    )
    assert hop == 0.01
    assert picture.dtype == np.uint8 and picture.max() == RANGE
    loud = librosa.power_to_db(power, ref=np.max, top_db=RANGE) + RANGE
    assert np.abs(picture - loud).max() <= 0.51


@pytest.mark.parametrize("seconds", [0.0, 0.001, 0.03, 1.0, 15.9, 16.1, 40.0, 500.0])
def test_any_length_is_drawn_and_stays_small(seconds: float) -> None:
    figure = sound_timeline(said(), tone(seconds))
    pictures = [trace for trace in figure.data if isinstance(trace, go.Heatmap)]
    shown = min(seconds, SHOWN_SECONDS)
    assert len(pictures) == max(1, -(-shown // ROW_SECONDS))
    assert sum(np.asarray(picture.z).shape[1] for picture in pictures) <= COLUMNS + 2 * len(pictures) + 1
    assert len(figure.to_json()) < 400_000
    ends = [axis.range for axis in figure.select_xaxes()]
    assert ends[0][0] == 0
    assert ends[-1][1] == pytest.approx(shown or 1)
    told = "first 2 minutes" in figure.layout.title.subtitle.text
    assert told == (seconds > SHOWN_SECONDS)


def test_silence_is_an_empty_picture_and_no_word_is_said_to_be_none() -> None:
    silence = Waveform(np.zeros(SAMPLE_RATE, np.float32))
    figure = sound_timeline(replace(said(), segments=()), silence)
    assert not np.asarray(figure.data[0].z).any()
    assert figure.layout.title.text == "No words in this sound"
    json.loads(figure.to_json())


def test_a_word_that_goes_on_in_the_next_row_is_drawn_in_both_and_named_once() -> None:
    figure = sound_timeline(said((Word(9.5, 10.5, " over", 0.9, "accepted"),), 20), tone(20))
    strips = bars(figure, "words")
    assert [(list(strip.base), list(strip.x)) for strip in strips] == [([9.5], [0.5]), ([10.0], [0.5])]
    assert [len(labels.text) for labels in bars(figure, "labels")] == [1, 0]


def test_labels_never_overlap_and_stay_inside_their_row() -> None:
    words = [Spoken("word" * (1 + at % 4), 0.2 * at, 0.2 * at + 0.2, "accepted") for at in range(80)]
    labels = placed(words, 0.0, 16.0)
    assert len(labels) > 40
    for lane in range(LANES):
        own = [label for label in labels if label.lane == lane]
        assert all(one.end <= other.start for one, other in pairwise(own))
    assert min(label.start for label in labels) >= 0
    assert max(label.end for label in labels) <= 16 + 1e-9


def test_text_cannot_become_markup() -> None:
    written = sound_timeline(make_comparison(HOSTILE).speculative, tone(11.3)).to_json()
    assert "<script" not in written
    assert "<b>bold" not in written


def test_without_times_of_words_each_segment_shares_its_own_out() -> None:
    comparison = make_comparison("One two three four.", duration=4.0)
    words = spoken(comparison.speculative)
    assert [word.text for word in words] == ["One", "two", "three", "four."]
    assert words[0].start == 0 and words[-1].end == pytest.approx(4.0)
    assert all(one.end == other.start for one, other in pairwise(words))
    assert not any(word.measured for word in words)
    figure = sound_timeline(comparison.speculative, tone(4))
    assert figure.layout.title.subtitle.text == "Times are estimated within each segment"
    assert "about 0.0" in bars(figure, "words")[0].hovertext[0]


def test_each_segment_takes_its_own_pieces() -> None:
    pieces = (
        Piece(" Hel", (1,), "accepted"), Piece("lo", (2,), "correction"), Piece(" you", (3,), "bonus"),
        Piece(" Again", (4,), "accepted"),
    )  # fmt: skip
    segments = (Segment(1.0, 2.0, " Hello you", (1, 2, 3)), Segment(5.0, 6.0, " Again", (4,)))
    found = spoken(replace(said(), segments=segments, pieces=pieces))
    assert [(word.text, word.origin) for word in found] == [
        ("Hello", "correction"), ("you", "bonus"), ("Again", "accepted"),
    ]  # fmt: skip
    assert (found[2].start, found[2].end) == (5.0, 6.0)


def test_a_script_without_spaces_is_not_one_long_word() -> None:
    text = "漢字仮名交じり文は空白を用いずに書かれるものである"
    pieces = tuple(Piece(text[at : at + 2], (at,), "accepted") for at in range(0, len(text), 2))
    segments = (Segment(0.0, 5.0, text, tuple(range(0, len(text), 2))),)
    assert len(spoken(replace(said(), segments=segments, pieces=pieces))) == len(pieces)


def test_a_transcript_by_main_alone_says_so() -> None:
    figure = sound_timeline(make_comparison().baseline, tone(11.3))
    assert figure.layout.title.text.endswith("words, all of main's own")
    assert {trace.name for trace in figure.data if isinstance(trace, go.Scatter)} == {LABELS["main"]}
