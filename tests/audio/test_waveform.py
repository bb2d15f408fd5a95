"""Sound as a file again: what is written is what another library reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from specwhisper.audio.decode import load_audio
from specwhisper.audio.waveform import SAMPLE_RATE, Waveform
from specwhisper.errors import OptionError
from tests.clips import SHORTEST, path_of

STEP = 2**-15
"""Between two values of 16 bits."""


@pytest.mark.parametrize("ending", [".wav", ".flac", ".WAV"])
def test_what_is_saved_is_read_again_by_us_and_by_others(tmp_path: Path, ending: str) -> None:
    sound = load_audio(path_of(SHORTEST))
    file = tmp_path / f"again{ending}"
    sound.save(file)
    theirs, rate = soundfile.read(file, dtype="float32")
    assert rate == SAMPLE_RATE
    assert np.abs(theirs - sound.samples).max() <= STEP
    assert np.array_equal(load_audio(file).samples, theirs)
    assert soundfile.info(file).subtype == "PCM_16"


def test_our_decoder_hears_plain_files_as_soundfile_does() -> None:
    file = path_of(SHORTEST)
    theirs, rate = soundfile.read(file, dtype="float32")
    assert rate == SAMPLE_RATE, "else it would be resampled"
    assert np.array_equal(load_audio(file).samples, theirs)


def test_overshoot_is_cut_and_not_wrapped(tmp_path: Path) -> None:
    Waveform(np.array([0.5, 1.5, -1.5], np.float32)).save(tmp_path / "loud.wav")
    assert soundfile.read(tmp_path / "loud.wav")[0] == pytest.approx([0.5, 1, -1], abs=STEP)


@pytest.mark.parametrize("name", ["sound.mp3", "sound", ".wav", "sound.wav.txt"])
def test_another_ending_is_one_sentence(tmp_path: Path, name: str) -> None:
    with pytest.raises(OptionError, match=r"^Sound is not written as .*: choose \.wav or \.flac\.$"):
        Waveform(np.zeros(4, np.float32)).save(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Waveform(np.zeros(4, np.float32)).save(tmp_path / "none" / "sound.wav")


def test_a_cut_is_the_part_that_exists() -> None:
    sound = Waveform(np.arange(3 * SAMPLE_RATE, dtype=np.float32))
    assert np.array_equal(sound.cut(1, 1.5).samples, sound.samples[16_000:24_000])
    assert sound.cut(-1, 1).seconds == 1
    assert sound.cut(2, 9).seconds == 1
    assert sound.cut(5, 9).seconds == sound.cut(2, 1).seconds == 0
