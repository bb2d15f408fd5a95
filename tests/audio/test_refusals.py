"""What is not a recording is refused with one sentence, quickly, and without a word on the terminal."""

from __future__ import annotations

import socket
import time
import zipfile
from collections.abc import Callable
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from specwhisper.audio.container import Reader, open_container
from specwhisper.audio.decode import load_audio
from specwhisper.errors import AudioError, EmptyAudioError, NotAudioError
from tests.audio.recordings import MP3, WAV, Format, encode, recording, voice

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360000002000001"
    "e221bc330000000049454e44ae426082"
)


def _zip() -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("talk.wav", recording(WAV))
    return file.getvalue()


JUNK: dict[str, Callable[[], bytes]] = {
    "one byte": lambda: b"\0",
    "text": lambda: b"Once upon a time there was a transcript.\n" * 50,
    "json": lambda: b'{"audio": "talk.wav"}',
    "html": lambda: b"<!DOCTYPE html><html><body>404</body></html>",
    "png": lambda: PNG,
    "pdf": lambda: b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n",
    "zip": _zip,
    "random": lambda: np.random.default_rng(1).bytes(100_000),
    "zeros": lambda: bytes(100_000),
    "subtitles": lambda: b"1\n00:00:00,000 --> 00:00:01,000\nHello\n",
}


@pytest.mark.parametrize("kind", JUNK)
def test_junk_is_not_audio(kind: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(NotAudioError) as refusal:
        load_audio(JUNK[kind]())
    _is_one_sentence(refusal.value)
    assert capfd.readouterr() == ("", "")


def test_paths_that_are_no_recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty.wav").write_bytes(b"")
    with pytest.raises(EmptyAudioError, match=r"'empty.wav' is empty"):
        load_audio(tmp_path / "empty.wav")
    with pytest.raises(NotAudioError, match="is a folder"):
        load_audio(tmp_path)
    with pytest.raises(NotAudioError, match=r"'gone.wav' does not exist"):
        load_audio(tmp_path / "gone.wav")
    (tmp_path / "link.wav").symlink_to(tmp_path / "gone.wav")
    with pytest.raises(NotAudioError, match=r"'link.wav' is a link to a file that does not exist"):
        load_audio(tmp_path / "link.wav")
    monkeypatch.chdir(tmp_path)  # a socket's path must be short
    with socket.socket(socket.AF_UNIX) as made:
        made.bind("box")
        with pytest.raises(NotAudioError, match="is a device"):
            load_audio("box")
    with pytest.raises(NotAudioError, match="cannot be opened"):
        load_audio("with\0nul.wav")


@pytest.mark.parametrize(
    "address",
    ["http://localhost/a.wav", "https://x.org/a", "file:///etc/passwd", "concat:a.wav|b.wav", "pipe:0"],
)
def test_addresses_are_not_followed(address: str) -> None:
    with pytest.raises(NotAudioError, match="is an address, not a file"):
        load_audio(address)


@pytest.mark.parametrize("nothing", [None, 5, ["a.wav"], object()])
def test_other_objects_are_no_source(nothing: Any) -> None:
    with pytest.raises(NotAudioError, match="pass a path, bytes, a binary file object or an array"):
        load_audio(nothing)


def test_files_opened_as_text_and_closed_files() -> None:
    with pytest.raises(NotAudioError, match="binary mode"):
        load_audio(StringIO("hello"))  # type: ignore[arg-type]
    closed = BytesIO(recording(WAV))
    closed.close()
    with pytest.raises(NotAudioError, match="cannot be read"):
        load_audio(closed)


def test_a_disk_that_fails_halfway() -> None:
    class Failing(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() > 30_000:
                raise OSError("I/O error")
            return super().read(size)

    with pytest.raises(NotAudioError, match="cannot be read"):
        load_audio(Failing(recording(WAV)))


PLAYLISTS = {
    "m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:2,\n{wav}\n#EXT-X-ENDLIST\n",
    "m3u": "#EXTM3U\n#EXTINF:2,Secret\n{wav}\n",
    "ffconcat": "ffconcat version 1.0\nfile '{wav}'\n",
    "pls": "[playlist]\nFile1={wav}\nNumberOfEntries=1\n",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 50004 RTP/AVP 0\n",
    "mpd": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><Period><AdaptationSet '
    'mimeType="audio/wav"><Representation><BaseURL>{wav}</BaseURL></Representation></AdaptationSet></Period></MPD>',
}


@pytest.mark.parametrize("kind", PLAYLISTS)
@pytest.mark.parametrize("as_bytes", [False, True])
def test_playlists_are_refused(kind: str, as_bytes: bool, tmp_path: Path) -> None:
    secret = tmp_path / "secret.wav"
    secret.write_bytes(recording(WAV))
    playlist = tmp_path / f"list.{kind}"
    playlist.write_text(PLAYLISTS[kind].format(wav=secret))
    began = time.monotonic()
    with pytest.raises(NotAudioError, match="playlist"):
        load_audio(playlist.read_bytes() if as_bytes else playlist)
    assert time.monotonic() - began < 5  # an SDP would wait for packets from the network


@pytest.mark.parametrize("kind", ["m3u8", "ffconcat", "sdp"])
def test_no_demuxer_follows_names_even_when_the_name_invites_it(kind: str, tmp_path: Path) -> None:
    """FFmpeg recognises HLS by the file's name, which the reader hides; here it shows one."""

    class Named(Reader):
        name = f"list.{kind}"

    (tmp_path / "secret.wav").write_bytes(recording(WAV))
    text = PLAYLISTS[kind].format(wav=tmp_path / "secret.wav")
    with pytest.raises(Exception, match="Invalid"):
        open_container(Named(BytesIO(text.encode())))


def test_encrypted_sound_is_refused() -> None:
    key = ("encryption_key", "76a6c65c5ea762046bd749a2e632ccbb")
    scheme, kid = (
        ("encryption_scheme", "cenc-aes-ctr"),
        ("encryption_kid", "a7e61c373e219033c21091fa607bf3b8"),
    )
    with pytest.raises(NotAudioError, match="is encrypted"):
        load_audio(recording(Format("mp4", "aac", "fltp", (scheme, key, kid))))


def test_isolated_damage_is_stepped_over() -> None:
    data = bytearray(recording(MP3, 4.0))
    for at in (len(data) // 3, len(data) // 2):
        data[at : at + 60] = bytes(60)
    assert abs(load_audio(data).seconds - 4.0) < 0.3

    samples = (voice(2.0)[0] / 32768).astype("<f4")
    wav = encode(voice(2.0), 16_000, Format("wav", "pcm_f32le", "flt"))
    assert wav.count(samples.tobytes()) == 1
    samples[9_000] = np.nan
    heard = load_audio(wav[: -samples.nbytes] + samples.tobytes())
    assert np.isfinite(heard.samples).all()
    assert 1.8 < heard.seconds < 2.0


def test_damage_throughout_is_refused() -> None:
    wav = encode(voice(2.0), 16_000, Format("wav", "pcm_f32le", "flt"))
    with pytest.raises(NotAudioError, match="is damaged"):
        load_audio(wav[:-120_000] + np.full(30_000, np.nan, "<f4").tobytes())


def test_names_in_messages_are_harmless(tmp_path: Path) -> None:
    with pytest.raises(NotAudioError) as refusal:
        load_audio(tmp_path / ("\x1b[31m" + "x" * 200))
    assert "\x1b" not in str(refusal.value)
    assert len(str(refusal.value)) < 150


def _is_one_sentence(error: AudioError) -> None:
    text = str(error)
    assert text.endswith(".")
    assert "\n" not in text
    assert len(text) < 200
