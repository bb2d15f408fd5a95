"""Headers that state too little: sound behind them is heard, or what was left out is told."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from specwhisper.audio.decode import load_audio
from specwhisper.errors import AudioTooLongError
from tests.audio.recordings import AAC, FLAC, MP3, OPUS, WAV, Format, recording
from tests.audio.test_completeness import PROMISING, SILENT
from tests.audio.test_formats import _name
from tests.eval_data import fault

READ_ON = "holds more sound than its header states"


def restated(wav: bytes, size: int) -> bytes:
    """A WAV whose data chunk claims to have ``size`` bytes."""
    at = wav.index(b"data") + 4
    return wav[:at] + struct.pack("<I", size) + wav[at + 4 :]


@pytest.mark.parametrize("how", [*PROMISING, *SILENT, Format("nut", "pcm_s16le")], ids=_name)
def test_two_files_in_one(how: Format) -> None:
    data = recording(how, 3.0)
    heard = load_audio(data + data)
    assert heard.seconds == pytest.approx(2 * load_audio(data).seconds, abs=0.13)
    assert heard.warnings == ()


def test_files_of_different_rates_in_one() -> None:
    heard = load_audio(recording(WAV, 1.0, 44_100, 2) + recording(WAV, 2.0, 8_000) + recording(WAV, 1.0))
    assert heard.seconds == pytest.approx(4.0, abs=0.001)


def test_the_second_of_two_files_is_cut() -> None:
    data = recording(WAV, 2.0)
    heard = load_audio(data + data[: len(data) // 2])
    assert heard.seconds == pytest.approx(3.0, abs=0.01)
    assert heard.warnings == ("The recording breaks off before its end; what is there was transcribed.",)


def test_the_second_of_two_files_cannot_be_read() -> None:
    data = recording(AAC, 2.0)
    heard = load_audio(data + data[:40] + bytes(5_000))
    assert heard.seconds == load_audio(data).seconds
    assert len(heard.warnings) == 1
    assert "behind its first recording" in heard.warnings[0]


@pytest.mark.parametrize("claimed", [64_000, 4, 96_000])
@pytest.mark.parametrize(
    "how", [WAV, Format("wav", "pcm_s24le", "s32"), Format("wav", "pcm_mulaw")], ids=_name
)
def test_a_recorder_that_crashed(how: Format, claimed: int) -> None:
    heard = load_audio(restated(recording(how, 8.0), claimed))
    assert heard.seconds == pytest.approx(8.0, abs=0.001)
    assert len(heard.warnings) == 1
    assert READ_ON in heard.warnings[0]


def test_a_size_that_passed_4_gigabytes() -> None:
    """Its lower 32 bits are all that is left of it, and the header of the file's own size has them, too."""
    wav = bytearray(restated(recording(WAV, 8.0), 100_000))
    wav[4:8] = struct.pack("<I", 100_036)
    assert load_audio(wav).seconds == 8.0
    with pytest.raises(AudioTooLongError):
        load_audio(wav, max_seconds=5)


def test_chunks_behind_the_sound_are_no_sound() -> None:
    wav = recording(WAV, 2.0)
    size = 60_000
    noise = np.random.default_rng(1).bytes(size)
    for kind in (b"LIST", b"id3 ", b"XYZW"):
        heard = load_audio(wav + kind + struct.pack("<I", size) + noise)
        assert heard.seconds == 2.0
        assert heard.warnings == ()
    cut = load_audio(wav + b"LIST" + struct.pack("<I", 2 * size) + noise)
    assert cut.seconds == 2.0
    assert load_audio(wav + bytes(300_000)).seconds == 2.0


def test_what_is_left_out_is_told() -> None:
    data = recording(Format("aiff", "pcm_s16be"), 2.0)
    heard = load_audio(data + np.random.default_rng(1).bytes(50_000))
    assert heard.seconds == 2.0
    assert heard.warnings == (
        "The recording holds 50,000 bytes behind its first recording that cannot be read; "
        "they were left out.",
    )


@pytest.mark.parametrize(
    ("muxer", "codec", "chunk", "size"),
    [
        ("caf", "pcm_s16be", b"data", (4, ">q", 64_004)),
        ("w64", "pcm_s16le", b"data", (16, "<Q", 64_024)),
        ("aiff", "pcm_s16be", b"SSND", (4, ">I", 64_008)),
    ],
)
def test_what_a_stale_header_hides_is_told(
    muxer: str, codec: str, chunk: bytes, size: tuple[int, str, int]
) -> None:
    data = bytearray(recording(Format(muxer, codec), 8.0))
    offset, form, claimed = size
    struct.pack_into(form, data, data.index(chunk) + offset, claimed)
    heard = load_audio(data)
    assert heard.seconds == pytest.approx(2.0, abs=0.01)
    assert "they were left out" in heard.warnings[-1]


@pytest.mark.parametrize("how", [FLAC, MP3, OPUS], ids=_name)
def test_strict_has_nothing_against_joined_files(how: Format) -> None:
    data = recording(how, 2.0)
    assert load_audio(data + data, strict=True).seconds == pytest.approx(4.0, abs=0.2)


@pytest.mark.parametrize(
    ("name", "seconds", "told"),
    [
        ("stale_header.wav", 15.99, READ_ON),
        ("joined.wav", 25.63, ""),
        ("joined.m4a", 25.66, ""),
        ("xing_middlecut.mp3", 11.2, "ends well"),
        ("frag_cut.mp4", 11.39, "breaks off"),
        ("opus_cut.opus", 10.99, "breaks off"),
        ("header_toolong.wav", 15.99, "breaks off"),
    ],
)
def test_recordings_on_which_it_went_wrong(name: str, seconds: float, told: str) -> None:
    file = fault(name)
    if file is None:
        pytest.skip("no evaluation data beside the project")
    heard = load_audio(file)
    assert heard.seconds == pytest.approx(seconds, abs=0.02)
    assert [told in warning for warning in heard.warnings] == ([True] if told else [])
