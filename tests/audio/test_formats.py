"""A file equals the array it was made from, whatever it is packed in."""

from __future__ import annotations

import threading
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from specwhisper.audio.decode import load_audio
from specwhisper.audio.waveform import SAMPLE_RATE
from tests.audio.recordings import AAC, FLAC, MP3, OPUS, WAV, Format, encode, recording, similarity, voice

FRAGMENTS = (("movflags", "frag_keyframe+empty_moov"), ("frag_duration", "300000"))

LOSSLESS = [
    WAV,
    FLAC,
    Format("wav", "pcm_s24le", "s32"),
    Format("wav", "pcm_s32le", "s32"),
    Format("wav", "pcm_f32le", "flt"),
    Format("wav", "pcm_f64le", "dbl"),
    Format("wav", "pcm_s16le", options=(("rf64", "always"),)),
    Format("w64", "pcm_s16le"),
    Format("aiff", "pcm_s16be"),
    Format("caf", "pcm_s16be"),
    Format("au", "pcm_s16be"),
    Format("mov", "pcm_s16le"),
    Format("matroska", "pcm_s16le"),
    Format("ipod", "alac", "s16p"),
    Format("wv", "wavpack", "s16p"),
    Format("tta", "tta"),
]

LOSSY = [
    MP3,
    OPUS,
    AAC,
    Format("mp3", "libmp3lame", "s16p", (("write_xing", "0"),)),
    Format("mp4", "aac", "fltp", FRAGMENTS),
    Format("adts", "aac", "fltp"),
    Format("webm", "libopus"),
    Format("webm", "libopus", "s16", (("live", "1"),)),
    Format("wav", "pcm_u8", "u8"),
    Format("wav", "pcm_mulaw"),
    Format("wav", "pcm_alaw"),
    Format("wav", "adpcm_ms"),
    Format("wav", "libmp3lame", "s16p"),
    Format("avi", "libmp3lame", "s16p"),
    Format("mpegts", "mp2"),
]


def _name(value: object) -> str:
    return (
        "-".join((value.muxer, value.codec, *(v for _, v in value.options)))
        if isinstance(value, Format)
        else ""
    )


@pytest.mark.parametrize("how", LOSSLESS, ids=_name)
@pytest.mark.parametrize(("rate", "channels"), [(16_000, 1), (44_100, 2)])
def test_lossless_file_equals_its_array(how: Format, rate: int, channels: int) -> None:
    heard = load_audio(recording(how, 1.0, rate, channels))
    expected = load_audio(voice(1.0, rate, channels), sampling_rate=rate)
    assert heard.samples.shape == expected.samples.shape
    assert np.abs(heard.samples - expected.samples).max() < 1e-6


@pytest.mark.parametrize("rate", [8_000, 11_025, 22_050, 32_000, 48_000, 96_000])
@pytest.mark.parametrize("how", [WAV, FLAC], ids=_name)
def test_every_rate_becomes_16_khz(how: Format, rate: int) -> None:
    heard = load_audio(recording(how, 1.0, rate))
    assert abs(len(heard.samples) - SAMPLE_RATE) <= 1
    assert np.abs(heard.samples - load_audio(voice(1.0, rate), sampling_rate=rate).samples).max() < 1e-6
    assert similarity(heard.samples, load_audio(voice(1.0)).samples) > 0.99


@pytest.mark.parametrize("channels", [6, 8])
@pytest.mark.parametrize("how", [WAV, FLAC, Format("wv", "wavpack", "s16p")], ids=_name)
def test_surround_is_the_mean_of_its_channels(how: Format, channels: int) -> None:
    """Eight planar channels (WavPack) are where PyAV's own conversion reads past the end of the planes."""
    samples = voice(0.5, 16_000, channels)
    heard = load_audio(encode(samples, 16_000, how)).samples
    assert np.abs(heard - (samples / 32768).mean(axis=0)).max() < 1e-6


@pytest.mark.parametrize("how", LOSSY, ids=_name)
def test_lossy_file_resembles_its_array(how: Format) -> None:
    heard = load_audio(recording(how))
    assert abs(heard.seconds - 2.0) < 0.15  # codecs pad the first and the last frame
    assert similarity(heard.samples, load_audio(voice()).samples) > 0.99


def test_narrow_band_speech_codec() -> None:
    heard = load_audio(recording(Format("amr", "libopencore_amrnb"), 2.0, 8_000))
    assert abs(heard.seconds - 2.0) < 0.1
    assert similarity(heard.samples, load_audio(voice(2.0, 8_000), sampling_rate=8_000).samples) > 0.8


@pytest.mark.parametrize("how", [WAV, FLAC, MP3, OPUS, AAC], ids=_name)
def test_bytes_path_and_file_object_are_the_same(how: Format, tmp_path: Path) -> None:
    data = recording(how)
    path = tmp_path / "Gespräch 1.bin"  # the name says nothing about the format
    path.write_bytes(data)
    standing_at_its_end = BytesIO(data)
    standing_at_its_end.seek(0, 2)
    with path.open("rb") as opened:
        sources = [path, str(path), bytearray(data), memoryview(data), standing_at_its_end, opened]
        for source in sources:
            heard = load_audio(source)
            assert np.array_equal(heard.samples, load_audio(data).samples)
        assert not opened.closed
    assert load_audio(path).name == "'Gespräch 1.bin'"


def test_a_pipe_is_heard_to_its_end() -> None:
    class Pipe(BytesIO):
        def seekable(self) -> bool:
            return False

    data = recording(AAC)  # its index is at the end, so something has to seek
    assert np.array_equal(load_audio(Pipe(data)).samples, load_audio(data).samples)


def test_joined_streams_of_different_rates() -> None:
    data = recording(OPUS, 1.0) + recording(OPUS, 1.0)
    assert abs(load_audio(data).seconds - 2.0) < 0.1


def test_late_run_in_of_smooth_streaming_is_not_dropped() -> None:
    """FFmpeg 8 takes its ticks (10 million a second) for samples and drops the first five seconds."""
    how = Format("ismv", "aac", "fltp", (("movflags", "frag_keyframe+empty_moov+delay_moov"),))
    heard = load_audio(recording(how, 6.0, 44_100, 2))
    assert abs(heard.seconds - 6.0) < 0.2


def test_many_threads_hear_at_once() -> None:
    """PyAV calls back into Python while FFmpeg runs: no deadlock, and nobody hears another's file."""
    expected = {seconds: load_audio(recording(MP3, seconds)).samples for seconds in (1.0, 2.0)}
    wrong: list[float] = []

    def hear(seconds: float) -> None:
        if not np.array_equal(load_audio(recording(MP3, seconds)).samples, expected[seconds]):
            wrong.append(seconds)

    threads = [threading.Thread(target=hear, args=(seconds,)) for seconds in (1.0, 2.0) * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
        assert not thread.is_alive()
    assert not wrong
