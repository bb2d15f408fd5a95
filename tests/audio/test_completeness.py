"""Cut files are called cut; files that merely look so are heard."""

from __future__ import annotations

import struct

import pytest

from specwhisper.audio.decode import load_audio
from specwhisper.errors import AudioError, EmptyAudioError, NotAudioError, TruncatedAudioError
from tests.audio.recordings import AAC, FLAC, MP3, OPUS, WAV, Format, recording
from tests.audio.test_formats import FRAGMENTS, _name

NO_XING = Format("mp3", "libmp3lame", "s16p", (("write_xing", "0"),))
LIVE_WEBM = Format("webm", "libopus", "s16", (("live", "1"),))
FAST_START = Format("ipod", "aac", "fltp", (("movflags", "faststart"),))

PROMISING = [
    WAV,
    FLAC,
    MP3,
    OPUS,
    AAC,
    FAST_START,
    Format("wav", "adpcm_ms"),
    Format("wav", "pcm_s16le", options=(("rf64", "always"),)),
    Format("mp4", "aac", "fltp", FRAGMENTS),
    Format("mov", "pcm_s16le"),
    Format("webm", "libopus"),
    Format("matroska", "pcm_s16le"),
    Format("aiff", "pcm_s16be"),
    Format("caf", "pcm_s16be"),
    Format("w64", "pcm_s16le"),
    Format("au", "pcm_s16be"),
    Format("wv", "wavpack", "s16p"),
    Format("tta", "tta"),
]
"""Containers that say how much there is."""

SILENT = [NO_XING, LIVE_WEBM, Format("adts", "aac", "fltp"), Format("mpegts", "mp2")]
"""Containers that do not: half of such a file is a shorter recording."""


@pytest.mark.parametrize("kept", [0.5, 0.85])
@pytest.mark.parametrize("how", PROMISING, ids=_name)
def test_a_cut_file_is_called_cut(how: Format, kept: float, capfd: pytest.CaptureFixture[str]) -> None:
    data = recording(how, 6.0)
    assert abs(load_audio(data).seconds - 6.0) < 0.2
    with pytest.raises(TruncatedAudioError, match="breaks off before its end"):
        load_audio(data[: int(len(data) * kept)], strict=True)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("how", PROMISING, ids=_name)
def test_what_is_there_of_a_cut_file_is_heard(how: Format, capfd: pytest.CaptureFixture[str]) -> None:
    data = recording(how, 6.0)
    cut = data[: len(data) // 2]
    index_is_gone = how.muxer in ("ipod", "mov") and not how.options
    one_packet = (how.muxer, how.codec) in (("matroska", "pcm_s16le"), ("wv", "wavpack"))  # torn, as a whole
    if index_is_gone or one_packet:
        with pytest.raises(TruncatedAudioError, match="breaks off before its end"):
            load_audio(cut)
    else:
        heard = load_audio(cut)
        assert 2.0 < heard.seconds < 3.3
        assert heard.warnings == ("The recording breaks off before its end; what is there was transcribed.",)
        assert load_audio(data).warnings == ()
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("how", SILENT, ids=_name)
def test_without_a_promise_half_is_a_shorter_recording(how: Format) -> None:
    data = recording(how, 4.0)
    assert abs(load_audio(data[: len(data) // 2]).seconds - 2.0) < 0.3


def test_index_of_mp4_is_missed_however_little_of_it_is_gone() -> None:
    data = recording(AAC)
    for cut in (1, 20, 400):
        with pytest.raises(TruncatedAudioError):
            load_audio(data[:-cut], strict=True)


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 0xFFFFFFFF - 36, 0x7FFFFFFF, 0x7FFFF000])
def test_sizes_that_streaming_programs_leave_in_wav(size: int) -> None:
    """FFmpeg writes 0xFFFFFFFF into a pipe, SoX about 2 GiB, recorders that crash leave 0."""
    data = bytearray(recording(WAV))
    at = data.index(b"data")
    data[4:8] = data[at + 4 : at + 8] = struct.pack("<I", size)
    assert load_audio(data).seconds == 2.0


@pytest.mark.parametrize("how", [WAV, FLAC, MP3, OPUS, AAC], ids=_name)
@pytest.mark.parametrize("junk", [b"TAG" + bytes(125), bytes(5_000)], ids=["id3v1", "padding"])
def test_junk_behind_the_end_is_ignored(how: Format, junk: bytes) -> None:
    assert abs(load_audio(recording(how) + junk).seconds - 2.0) < 0.2


def test_a_long_tag_behind_an_mp3_is_not_sound_that_is_missing() -> None:
    """Cover art in a tag at the end: FFmpeg then guesses a duration from the size of the file."""
    data = recording(MP3, 4.0)
    assert abs(load_audio(data + b"APETAGEX" + bytes(len(data))).seconds - 4.0) < 0.2


def test_joined_mp3_is_longer_than_its_first_header_says() -> None:
    assert abs(load_audio(recording(MP3) + recording(MP3)).seconds - 4.0) < 0.3


def test_a_header_without_sound() -> None:
    wav = recording(WAV)
    body = wav.index(b"data") + 8
    with pytest.raises(EmptyAudioError):
        load_audio(wav[: body - 4] + bytes(4))
    with pytest.raises(TruncatedAudioError):
        load_audio(wav[:body])
    with pytest.raises(EmptyAudioError):
        load_audio(wav[:4] + struct.pack("<I", body - 8) + wav[8 : body - 4] + bytes(4))


def test_a_wrong_length_in_a_small_file_is_not_believed() -> None:
    """A fact chunk of 0xFFFFFFFF samples claims three days: the sound is decoded and counted instead."""
    data = bytearray(recording(Format("wav", "adpcm_ms")))
    at = data.index(b"fact")
    data[at + 8 : at + 12] = b"\xff" * 4
    assert abs(load_audio(data).seconds - 2.0) < 0.1


@pytest.mark.parametrize("how", [FAST_START, Format("mp4", "aac", "fltp", FRAGMENTS)], ids=_name)
def test_sample_tables_that_claim_the_impossible(how: Format) -> None:
    """Without a check, FFmpeg allocates 24 bytes for each of a billion samples that a few bytes claim."""
    data = bytearray(recording(how))
    for table, offset in ((b"stsz", 12), (b"trun", 8)):
        at = data.find(table)
        if at >= 0:
            data[at + offset - 4 : at + offset] = b"\0\0\0\1" if table == b"stsz" else b"\0\0\0\0"
            data[at + offset : at + offset + 4] = struct.pack(">I", 1 << 30)
    with pytest.raises(NotAudioError, match="claims more sound"):
        load_audio(data)


@pytest.mark.parametrize(
    "boxes",
    [
        b"".join(struct.pack(">I", 8 * (50_000 - depth)) + b"moov" for depth in range(50_000)),
        (struct.pack(">I", 8) + b"moov") * 50_000,
        struct.pack(">I4s", 1, b"moov") + b"\xff" * 8,
    ],
    ids=["nested", "empty", "endless"],
)
def test_boxes_made_to_tire_the_reader(boxes: bytes) -> None:
    with pytest.raises(AudioError):
        load_audio(struct.pack(">I4s4sI", 16, b"ftyp", b"isom", 0) + boxes)


def test_a_list_that_claims_gigabytes_is_not_handed_on() -> None:
    """FFmpeg would allocate them."""
    wav = recording(WAV)
    at = wav.index(b"data")
    info = b"LIST" + struct.pack("<I", 0xD0000000) + b"INFOISFT" + struct.pack("<I", 0xCFFFFFF0)
    with pytest.raises(NotAudioError, match="claims more"):
        load_audio(wav[:at] + info + wav[at:])
