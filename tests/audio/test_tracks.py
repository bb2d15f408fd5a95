"""Which of several tracks is heard."""

from __future__ import annotations

import tempfile
from pathlib import Path

import av
import numpy as np
import pytest

from specwhisper.audio.decode import load_audio
from specwhisper.errors import NotAudioError, OptionError
from tests.audio.recordings import RATE, WAV, recording
from tests.eval_data import fault

EXAMPLE = Path(__file__).resolve().parents[2] / "assets" / "examples" / "go-forward.flac"


def tracks(*sounds: np.ndarray, muxer: str = "matroska", codec: str = "pcm_s16le") -> bytes:
    """A file with one mono track per sound, float32 at 16 kHz."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "recording"
        with av.open(str(path), "w", format=muxer) as container:
            streams = [container.add_stream(codec, rate=RATE, layout="mono") for _ in sounds]
            for start in range(0, max(map(len, sounds)), RATE):
                for stream, sound in zip(streams, sounds, strict=True):
                    piece = (sound[start : start + RATE] * 32767).astype(np.int16)[None]
                    frame = av.AudioFrame.from_ndarray(piece, format="s16", layout="mono")
                    frame.sample_rate, frame.pts = RATE, start
                    container.mux(stream.encode(frame))
        return path.read_bytes()


SPEECH = load_audio(EXAMPLE).samples[: 4 * RATE]
SILENCE = np.zeros_like(SPEECH)
HUM = (0.2 * np.sin(np.arange(len(SPEECH)) * 2 * np.pi * 50 / RATE)).astype(np.float32)


def same(one: np.ndarray, other: np.ndarray) -> bool:
    return len(one) == len(other) and float(np.abs(one - other).max()) < 1e-3


@pytest.mark.parametrize("muxer", ["matroska", "mov"])
@pytest.mark.parametrize("first", [SILENCE, HUM], ids=["silence", "hum"])
def test_the_first_track_with_speech(first: np.ndarray, muxer: str) -> None:
    heard = load_audio(tracks(first, first, SPEECH, muxer=muxer))
    assert same(heard.samples, SPEECH)
    assert heard.warnings == (
        "The recording has 3 audio tracks; track 3 was transcribed, as nothing is said in track 1 "
        "(--audio-track takes another).",
    )


def test_the_first_track_where_somebody_speaks_in_it() -> None:
    heard = load_audio(tracks(SPEECH, SPEECH[::-1].copy()))
    assert same(heard.samples, SPEECH)
    assert heard.warnings == (
        "The recording has 2 audio tracks; track 1 was transcribed (--audio-track takes another).",
    )


def test_the_track_that_is_asked_for() -> None:
    data = tracks(SPEECH, HUM)
    for track, sound in ((1, SPEECH), (2, HUM)):
        heard = load_audio(data, audio_track=track)
        assert same(heard.samples, sound)
        assert heard.warnings == ()
    with pytest.raises(NotAudioError, match=r"^The recording has 2 audio tracks, and so no track 3;"):
        load_audio(data, audio_track=3)
    with pytest.raises(NotAudioError, match="has 1 audio track, and so no track 2"):
        load_audio(recording(WAV), audio_track=2)
    for wrong in (0, -1, True, "1"):
        with pytest.raises(OptionError, match="counted from 1"):
            load_audio(data, audio_track=wrong)  # type: ignore[arg-type]


def test_all_of_them_silent() -> None:
    heard = load_audio(tracks(SILENCE, SILENCE))
    assert heard.seconds == pytest.approx(len(SILENCE) / RATE)
    assert "track 1 was transcribed (" in heard.warnings[0]


def test_the_recording_on_which_it_went_wrong() -> None:
    file = fault("twotracks_silent_first.mkv")
    if file is None:
        pytest.skip("no evaluation data beside the project")
    heard = load_audio(file)
    assert np.abs(heard.samples).max() > 0.1
    assert "track 2 was transcribed" in heard.warnings[0]
    assert np.abs(load_audio(file, audio_track=1).samples).max() < 0.001
