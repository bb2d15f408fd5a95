"""Recordings that people bring and that once went wrong, each with its right text and times.

The files are part of the speech that lies beside the project (see ``eval_data``), in the folder ``faults``.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from specwhisper.errors import AudioError
from specwhisper.results import Transcript
from tests.eval_data import faults_folder
from tests.marks import EXHAUSTIVE

pytestmark = pytest.mark.weights
FOLDER = faults_folder()
if FOLDER is None:
    pytest.skip("the recordings are not here", allow_module_level=True)

AMIABLE = "Had he married a more amiable woman"
DASHWOOD = "Dashwood had then leisure"


def words(text: str) -> str:
    return re.sub(r"[^a-z0-9 ]", "", text.lower())


@pytest.fixture
def told(real_pair):
    """``told(name, **options)``: what is written of a recording."""

    def get(name: str, **options) -> Transcript:
        assert FOLDER is not None
        return real_pair("base+tiny", "fp32").transcribe(FOLDER / name, **options)

    return get


@pytest.mark.parametrize("name", ["gap.webm", "gap.mp4"])
def test_the_media_clock_decides_when_something_is_said(told, name: str) -> None:
    (second,) = (each for each in told(name).segments if "forward" in each.text)
    assert second.start == pytest.approx(23.6, abs=1.0)


@pytest.mark.parametrize("name", ["delay5.mkv", "delay5.webm"])
def test_sound_that_begins_late_has_late_subtitles(told, name: str) -> None:
    first = told(name).segments[0]
    assert words(AMIABLE) in words(first.text)
    assert first.start == pytest.approx(5.0, abs=0.7)


def test_a_drill_is_written_as_often_as_it_is_said(told) -> None:
    assert 14 <= len(re.findall("forward", told("loop15.flac").text.lower())) <= 16


@EXHAUSTIVE
def test_a_prayer_that_is_said_again_and_again_is_kept(told) -> None:
    transcript = told("loophail.flac")
    assert transcript.text.lower().count("hail mary") >= 10
    assert max(each.temperature for each in transcript.segments) <= 0.2
    assert any("repeats itself in 2 of 2 windows (from 0:00)" in warning for warning in transcript.warnings)


@pytest.mark.parametrize("timestamps", ["segment", "none"])
def test_the_language_is_that_of_the_speech_and_not_of_the_music_before_it(told, timestamps: str) -> None:
    transcript = told("music_nl_long.flac", timestamps=timestamps)
    assert transcript.language == "nl"
    assert transcript.language_probability is not None
    assert "met betrekkelijk weinig geld" in transcript.text


def test_how_loud_speech_is_does_not_matter(told) -> None:
    assert words(AMIABLE) in words(told("quiet50.wav").text)
    assert "amiable himself" in told("quiet50.wav").text
    assert words(DASHWOOD) in words(told("fieldrec60.wav").text)


def test_channels_that_cancel_are_heard(told) -> None:
    assert len(told("antiphase.wav").text.split()) >= 8


@pytest.mark.parametrize(("name", "sentences"), [("stale_header.wav", 16), ("joined.wav", 12)])
def test_what_lies_behind_a_header_that_says_less_is_heard(told, name: str, sentences: int) -> None:
    transcript = told(name)
    assert transcript.duration >= sentences or transcript.warnings


def test_files_joined_byte_to_byte_are_never_cut_in_silence(told) -> None:
    transcript = told("joined.m4a")
    assert transcript.warnings or transcript.duration > 14


@pytest.mark.parametrize(
    "name", ["xing_middlecut.mp3", "frag_cut.mp4", "opus_cut.opus", "header_toolong.wav"]
)
def test_what_is_there_of_a_cut_file_is_written_with_a_warning(told, name: str) -> None:
    transcript = told(name)
    assert transcript.text
    if not name.endswith("mp3"):  # whose cut is without loss: it may count as whole
        assert transcript.warnings
        with pytest.raises(AudioError):
            told(name, strict=True)


def test_the_track_with_sound_is_taken_and_named(told) -> None:
    transcript = told("twotracks_silent_first.mkv")
    assert transcript.text
    assert any("2" in warning for warning in transcript.warnings)
    with pytest.raises(AudioError, match="track"):
        told("twotracks_silent_first.mkv", audio_track=9)


def test_a_format_that_is_known_by_its_ending_alone(told, tmp_path: Path) -> None:
    assert told("call.g722").text
