"""Recordings past the limit are refused early, and nothing makes memory grow past it."""

from __future__ import annotations

import math
import tracemalloc
from io import BytesIO

import numpy as np
import pytest

from specwhisper.audio.decode import load_audio
from specwhisper.audio.limits import DEFAULT_MAX_SECONDS, ENVIRONMENT_VARIABLE, resolve_max_seconds
from specwhisper.errors import AudioTooLongError, OptionError
from tests.audio.recordings import AAC, FLAC, MP3, OPUS, WAV, Format, encode, recording

LONG = 120.0
NO_XING = Format("mp3", "libmp3lame", "s16p", (("write_xing", "0"),))


class Counting(BytesIO):
    """Counts the bytes that are read from it."""

    count = 0

    def read(self, size: int | None = -1) -> bytes:
        chunk = super().read(size)
        self.count += len(chunk)
        return chunk


@pytest.mark.parametrize("how", [WAV, FLAC, MP3, OPUS, AAC], ids=lambda how: how.muxer)
def test_refused_from_the_header(how: Format) -> None:
    file = Counting(recording(how, LONG, 8_000 if how is not FLAC else 16_000))
    with pytest.raises(AudioTooLongError, match=r"longer than the limit of 119 seconds.*--max-seconds"):
        load_audio(file, max_seconds=119)
    assert file.count < 600_000  # FFmpeg looks at the first seconds, and at the end of an Ogg file
    assert load_audio(file, max_seconds=122).seconds == pytest.approx(LONG, abs=0.2)


@pytest.mark.parametrize("how", [NO_XING, Format("adts", "aac", "fltp")], ids=lambda how: how.muxer)
def test_refused_while_decoding_when_no_header_says_so(how: Format) -> None:
    data = recording(how, LONG, 8_000)
    file = Counting(data)
    with pytest.raises(AudioTooLongError):
        load_audio(file, max_seconds=10)
    assert file.count < len(data) / 2


def test_an_unfilled_header_is_no_excuse() -> None:
    data = bytearray(recording(WAV, LONG, 8_000))
    at = data.index(b"data")
    data[4:8] = data[at + 4 : at + 8] = b"\xff\xff\xff\xff"
    with pytest.raises(AudioTooLongError):
        load_audio(data, max_seconds=60)
    assert load_audio(data).seconds == LONG


def test_a_bomb_stops_at_the_limit() -> None:
    """Ten minutes of silence in 114 KB; the memory of little more than 20 seconds is all they get."""
    bomb = encode(np.zeros((1, 600 * 8_000), np.int16), 8_000, FLAC)
    unfilled = bomb[:21] + bytes([bomb[21] & 0xF0]) + bytes(4) + bomb[26:]  # number of samples: unknown
    tracemalloc.start()
    with pytest.raises(AudioTooLongError):
        load_audio(unfilled, max_seconds=20)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8e6


def test_the_buffer_grows_with_the_recording() -> None:
    data = encode(np.zeros((2, 300 * 8_000), np.int16), 8_000, WAV)
    tracemalloc.start()
    samples = load_audio(data).samples
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.7 * samples.nbytes


def test_the_limit_comes_from_the_caller_then_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ENVIRONMENT_VARIABLE, raising=False)
    assert resolve_max_seconds(DEFAULT_MAX_SECONDS) == 4 * 3600
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, "1.5")
    assert resolve_max_seconds(DEFAULT_MAX_SECONDS) == 1.5
    assert resolve_max_seconds(60) == 60
    assert resolve_max_seconds(None) == math.inf
    with pytest.raises(AudioTooLongError, match=r"limit of 1.5 seconds"):
        load_audio(recording(WAV, 2.0))
    assert load_audio(recording(WAV, 2.0), max_seconds=None).seconds == 2.0


@pytest.mark.parametrize("wrong", ["0", "-3", "nan", "four hours"])
def test_limits_that_make_no_sense(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, wrong)
    with pytest.raises(OptionError, match=ENVIRONMENT_VARIABLE):
        load_audio(recording(WAV))
    with pytest.raises(OptionError, match="max_seconds"):
        load_audio(recording(WAV), max_seconds=-1)
