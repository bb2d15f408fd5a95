"""Formats that only the ending of a name tells."""

from __future__ import annotations

from pathlib import Path

import pytest

from specwhisper.audio.decode import load_audio
from specwhisper.errors import AudioError, NotAudioError
from tests.audio.recordings import WAV, Format, recording, similarity, voice
from tests.eval_data import fault

RAW = {
    "g722": Format("g722", "g722"),
    "722": Format("g722", "g722"),
    "al": Format("alaw", "pcm_alaw"),
    "ULAW": Format("mulaw", "pcm_mulaw"),
    "sln": Format("s16le", "pcm_s16le"),
}


@pytest.mark.parametrize("ending", RAW)
def test_read_as_the_name_says(ending: str, tmp_path: Path) -> None:
    rate = 16_000 if "722" in ending else 8_000
    file = tmp_path / f"call.{ending}"
    file.write_bytes(recording(RAW[ending], 3.0, rate))
    expected = load_audio(voice(3.0, rate)[0], sampling_rate=rate).samples
    heard = load_audio(file)
    assert heard.seconds == pytest.approx(3.0, abs=0.01)
    assert similarity(heard.samples, expected) > 0.98
    with file.open("rb") as opened:
        assert load_audio(opened).seconds == heard.seconds


def test_without_a_name_or_with_another_they_are_refused(tmp_path: Path) -> None:
    data = recording(RAW["g722"], 3.0)
    with pytest.raises(NotAudioError):
        load_audio(data)
    for name in ("call", "call.raw", "call.wav"):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(NotAudioError):
            load_audio(tmp_path / name)


def test_bytes_go_before_the_name(tmp_path: Path) -> None:
    (tmp_path / "call.g722").write_bytes(recording(WAV))
    assert load_audio(tmp_path / "call.g722").seconds == 2.0
    (tmp_path / "list.gsm").write_text("#EXTM3U\nhttp://localhost/a.wav\n")
    with pytest.raises(AudioError, match="playlist"):
        load_audio(tmp_path / "list.gsm")


def test_the_recording_on_which_it_went_wrong() -> None:
    file = fault("call.g722")
    if file is None:
        pytest.skip("no evaluation data beside the project")
    assert load_audio(file).seconds == pytest.approx(9.64, abs=0.01)
