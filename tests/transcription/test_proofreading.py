"""Captions checked on real speech: planted errors are found at their place, and the file is mended."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
import srt

from specwhisper.audio.decode import load_audio
from specwhisper.audio.waveform import Waveform
from specwhisper.cli import main
from specwhisper.errors import OptionError
from specwhisper.output.cues import Layout
from specwhisper.output.writers import WRITERS
from specwhisper.results import Transcript
from specwhisper.transcription.transcriber import Transcriber
from tests.clips import ENGLISH, SECOND, path_of

pytestmark = pytest.mark.weights


@pytest.fixture(scope="module")
def base(real_pair) -> Transcriber:
    return real_pair("base")


@pytest.fixture(scope="module")
def recording() -> Waveform:
    return load_audio(path_of(ENGLISH))


@pytest.fixture(scope="module")
def own(base: Transcriber, recording: Waveform) -> Transcript:
    return base.transcribe(recording, language="en")


def captions(transcript: Transcript, form: str = "srt") -> str:
    return WRITERS[form](transcript, Layout())


def test_its_own_captions_are_confirmed(base: Transcriber, recording: Waveform, own: Transcript) -> None:
    found = base.proofread(recording, captions(own), language="en")
    assert not found.differences
    assert (found.share, found.corrected) == (1.0, captions(own))
    assert "would write nothing otherwise" in found.verdict
    assert found.transcript.text == own.text


def test_planted_errors_are_found_and_mended(base: Transcriber, recording: Waveform, own: Transcript) -> None:
    wrong = (
        captions(own)
        .replace("leisure", "pleasure")
        .replace("how much ", "how ")
        .replace("young", "very young")
    )
    found = base.proofread(recording, wrong, language="en")
    assert [(each.kind, each.captions, each.main) for each in found.differences] == [
        ("replaced", "pleasure", "leisure"),
        ("missing", "", "much"),
        ("added", "very", ""),
    ]
    assert all(each.sure for each in found.differences)
    assert all(0 <= each.captions_probability < each.main_probability <= 1 for each in found.differences)
    starts = [each.start for each in found.differences]
    assert starts == sorted(starts) and 1 < starts[0] < 4 < 7 < starts[2] < 12
    assert found.corrected == captions(own)
    assert len(found.starts) == len(found.confirmed) == len(found.pieces)


@pytest.mark.parametrize("form", ["txt", "vtt", "tsv", "json"])
def test_every_form_comes_back_in_its_own(
    base: Transcriber, recording: Waveform, own: Transcript, form: str
) -> None:
    found = base.proofread(recording, captions(own, form).replace("leisure", "pleasure"), language="en")
    assert [each.main for each in found.differences] == ["leisure"]
    assert "leisure" in found.corrected and "pleasure" not in found.corrected


def test_captions_of_something_else_are_said_to_be_so(base: Transcriber, own: Transcript) -> None:
    found = base.proofread(load_audio(path_of(SECOND)), captions(own), language="en")
    assert found.unrelated
    assert "another recording" in found.verdict
    assert all(each.main_probability == each.captions_probability == 0 for each in found.differences)
    assert found.corrected == captions(own)


def test_of_silence_nothing_is_confirmed(base: Transcriber, own: Transcript) -> None:
    found = base.proofread(Waveform(np.zeros(48_000, np.float32)), captions(own), language="en")
    assert found.unrelated and found.share == 0.0


def test_what_cannot_be_is_one_sentence(base: Transcriber, recording: Waveform) -> None:
    for wrong in ("", None, Path("/nowhere.srt"), 7):
        with pytest.raises(OptionError):
            base.proofread(recording, wrong)  # type: ignore[arg-type]
    for options in ({"timestamps": "none"}, {"draft_text": "a"}, {"speculative": False}, {"colour": 1}):
        with pytest.raises(OptionError):
            base.proofread(recording, "hello", **options)


def test_on_the_command_line(own: Transcript, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong, mended = tmp_path / "wrong.srt", tmp_path / "mended.srt"
    wrong.write_text(captions(own).replace("leisure", "pleasure"))
    call = ["proofread", str(path_of(ENGLISH)), str(wrong), "--pair", "base", "--language", "en"]
    assert main([*call, "--output", str(mended)]) == 0
    said = capsys.readouterr().out
    assert "1 place it would write otherwise" in said and "“pleasure” → “leisure”" in said
    assert next(each.content for each in srt.parse(mended.read_text())) == own.segments[0].text.strip()
    assert main([*call, "--output", str(mended)]) == 2
    assert "exists" in capsys.readouterr().err
    assert main([*call[:2], str(tmp_path / "none.srt"), *call[3:]]) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_most_of_many_planted_errors_are_flagged(
    base: Transcriber, recording: Waveform, own: Transcript
) -> None:
    """Every fifth word replaced, one at a time would take minutes: all at once, and still most are found."""
    chosen = random.Random(1)
    words = own.text.split()
    planted = sorted(chosen.sample(range(1, len(words)), 8))
    text = " ".join("cabbage" if at in planted else word for at, word in enumerate(words))
    found = base.proofread(recording, text, language="en")
    flagged = {at for each in found.differences for at in range(each.first, each.first + each.words)}
    assert len(flagged & set(planted)) >= 7
    assert len(flagged - set(planted)) <= 2
