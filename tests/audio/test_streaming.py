"""Sound that comes through a pipe, a few bytes at a time, or from a microphone that is none."""

from __future__ import annotations

import io
import subprocess
import sys
import wave
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from specwhisper.audio.decode import load_audio
from specwhisper.audio.resample import check_rate
from specwhisper.audio.streaming import microphone, piped
from specwhisper.errors import EmptyAudioError, NotAudioError, OptionError
from tests.clips import SHORT, path_of


class Trickle(io.RawIOBase):
    """Gives no more than a few bytes at a time, and cannot go back."""

    def __init__(self, raw: bytes, most: int) -> None:
        self._raw, self._at, self._most = raw, 0, most

    def readable(self) -> bool:
        return True

    def read1(self, size: int) -> bytes:
        part = self._raw[self._at : self._at + min(size, self._most)]
        self._at += len(part)
        return part


def wav(samples: np.ndarray, rate: int) -> bytes:
    raw = io.BytesIO()
    with wave.open(raw, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes((samples * 32767).astype("<i2").tobytes())
    return raw.getvalue()


@pytest.mark.parametrize("most", (1000, 65536))
def test_a_container_comes_through_a_pipe(most: int) -> None:
    raw = path_of(SHORT).read_bytes()
    sound = np.concatenate(list(piped(Trickle(raw, most))))  # type: ignore[arg-type]
    assert np.allclose(sound, load_audio(path_of(SHORT)).samples, atol=1e-4)


def test_sound_is_there_before_the_pipe_ends() -> None:
    tone = np.sin(np.arange(16_000 * 20) / 20).astype(np.float32) * 0.5
    source = Trickle(wav(tone, 16_000), 4096)
    sound = piped(source)  # type: ignore[arg-type]
    assert len(next(sound)) > 0
    assert source._at < 5 * 32_000


def test_bare_samples() -> None:
    tone = np.sin(np.arange(8_000) / 20).astype(np.float32) * 0.5
    raw = (tone * 32767).astype("<i2").tobytes()
    sound = np.concatenate(list(piped(io.BytesIO(raw), 8_000)))  # type: ignore[arg-type]
    assert len(sound) == pytest.approx(16_000, abs=10)
    assert np.abs(sound).max() == pytest.approx(0.5, abs=0.05)


def test_an_empty_pipe_is_said_to_be_empty() -> None:
    with pytest.raises(EmptyAudioError, match="was empty"):
        list(piped(io.BytesIO(b"")))  # type: ignore[arg-type]


@pytest.mark.parametrize("raw", (b"hello, this is text", b"#EXTM3U\nhttp://example.com/a.ts\n"))
def test_what_is_no_sound_is_refused_in_a_sentence(raw: bytes) -> None:
    with pytest.raises(NotAudioError, match=r"standard input is not audio"):
        list(piped(io.BytesIO(raw)))  # type: ignore[arg-type]


def test_a_container_without_samples_is_refused() -> None:
    with pytest.raises((EmptyAudioError, NotAudioError)):
        list(piped(io.BytesIO(wav(np.empty(0, np.float32), 16_000))))  # type: ignore[arg-type]


def test_rates() -> None:
    assert check_rate(16_000) == 16_000
    with pytest.raises(OptionError, match="16000"):
        check_rate(3)


class PortAudioError(Exception):
    pass


class Stream:
    """A microphone into which somebody has said a tenth of a second, twice."""

    def __init__(self, **options: Any) -> None:
        self.options, self.running = options, False

    def start(self) -> None:
        self.running = True
        for _ in range(2):
            self.options["callback"](np.full((self.options["blocksize"], 1), 0.25, np.float32), 0, None, None)

    def stop(self) -> None:
        self.running = False

    close = stop


def test_a_microphone_at_its_own_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Stream] = []

    def stream(**options: Any) -> Stream:
        made.append(Stream(**options))
        return made[0]

    fake = SimpleNamespace(
        query_devices=lambda device, kind: {"index": 3, "default_samplerate": 48_000.0},
        InputStream=stream,
        PortAudioError=PortAudioError,
    )
    monkeypatch.setitem(sys.modules, "sounddevice", fake)
    sound = microphone("USB")
    parts = [next(sound), next(sound)]
    sound.close()
    assert 1600 < sum(map(len, parts)) <= 3200
    assert made[0].options["device"] == 3 and not made[0].running


def test_no_microphone(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(device: object, kind: str) -> None:
        raise ValueError("No input device matching 'USB'")

    fake = SimpleNamespace(query_devices=none, PortAudioError=PortAudioError)
    monkeypatch.setitem(sys.modules, "sounddevice", fake)
    with pytest.raises(OptionError, match=r"There is no microphone 'USB' that can be used"):
        microphone("USB")
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    with pytest.raises(OptionError, match=r"specwhisper\[live\]"):
        microphone()


def test_nothing_is_loaded_for_a_microphone_before_it_is_used() -> None:
    told = "import sys, specwhisper.audio.streaming; print('sounddevice' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"
