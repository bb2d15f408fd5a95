"""What a call is given is refused in a sentence, by the call itself and before any model is asked."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import specwhisper
from specwhisper.audio.waveform import Waveform
from specwhisper.errors import OptionError
from specwhisper.transcription import loading
from specwhisper.transcription.calls import check_recordings
from specwhisper.transcription.transcriber import Transcriber
from specwhisper.vocabulary.specials import Vocabulary

NOWHERE = "no-such-recording.wav"
FUNCTION = "is a function or None, not 5"


@pytest.fixture
def transcriber() -> Transcriber:
    """One that has no model, and so can do nothing but refuse."""
    made = object.__new__(Transcriber)
    made.main = made.draft = SimpleNamespace(vocabulary=Vocabulary(51_865))  # type: ignore[assignment]
    made.decoder = SimpleNamespace(pairing=None)  # type: ignore[assignment]
    made.pair = "base+tiny"
    return made


@pytest.mark.parametrize("call", ["transcribe", "submit", "stream"])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"foo": 1}, "no option 'foo': there are language, "),
        ({"max_secnds": 5}, "did you mean 'max_seconds'"),
        ({"language": "klingon"}, "Unknown language"),
        ({"language": "yue"}, "Cantonese"),
        ({"batch_size": 0}, "Batch size 0"),
        ({"journal": 5}, "A journal is the path of a file, not 5"),
        ({"max_seconds": "long"}, "max_seconds must be a positive number"),
        ({"audio_track": 0}, "counted from 1"),
        ({"strict": "no"}, "'strict' is True or False, not 'no'"),
        ({"client": 5}, "'client' is text, not 5"),
    ],
)
def test_wrong_keywords_are_refused_at_the_call(
    transcriber: Transcriber, call: str, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(OptionError, match=message):
        getattr(transcriber, call)(NOWHERE, **options)


@pytest.mark.parametrize(
    ("call", "options", "message"),
    [
        ("transcribe", {"on_progress": 5}, FUNCTION),
        ("transcribe", {"on_update": 5}, FUNCTION),
        ("transcribe_batch", {"on_progress": 5}, FUNCTION),
        ("transcribe_batch", {"journal": "x"}, "no option 'journal'"),
        ("compare", {"on_progress": 5}, FUNCTION),
        ("compare", {"foo": 1}, "no option 'foo': there are audio, language, "),
        ("compare", {"lookahed": 1}, "did you mean 'lookahead'"),
        ("compare", {"word_times": "no"}, "'word_times' is True or False"),
        ("compare", {"vad": "no"}, "'vad' is True or False"),
        ("stream", {"on_progress": 5}, FUNCTION),
        ("stream", {"on_update": print}, "Leave out 'on_update'"),
        ("stream", {"timestamps": "none"}, "Updates need timestamps"),
        ("submit", {"on_update": print}, "Leave out 'on_update'"),
        ("submit", {"on_progress": print}, "Leave out 'on_progress'"),
    ],
)
def test_what_a_call_cannot_take_is_refused(
    transcriber: Transcriber, call: str, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(OptionError, match=message):
        getattr(transcriber, call)([NOWHERE] if call == "transcribe_batch" else NOWHERE, **options)


@pytest.mark.parametrize("audios", [None, 5, print])
def test_what_is_no_list_is_no_batch(transcriber: Transcriber, audios: object) -> None:
    with pytest.raises(OptionError, match="A batch is a list of recordings, not "):
        transcriber.transcribe_batch(audios)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "one", ["a.wav", b"RIFF", np.zeros(9, np.float32), Waveform(np.zeros(9, np.float32))]
)
def test_a_single_recording_is_no_list(one: object) -> None:
    with pytest.raises(OptionError, match="put a single one into a list"):
        check_recordings(one)
    assert check_recordings(each for each in [one]) == [one]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"foo": 1}, "no option 'foo': there are pair, device, precision, plain, scheduler, on_progress"),
        ({"devise": "cpu"}, "did you mean 'device'"),
        ({"on_progress": 5}, FUNCTION),
        ({"plain": "no"}, "'plain' is True or False"),
        ({"scheduler": 5}, "'scheduler' is a Scheduler or None"),
    ],
)
def test_a_load_that_is_not_understood_loads_nothing(
    options: dict[str, Any], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: Callable[..., object] = lambda *given, **more: pytest.fail("it loads")  # noqa: E731
    monkeypatch.setattr(loading, "load_weights", begun)
    with pytest.raises(OptionError, match=message):
        specwhisper.load("tiny", "cpu", **options)
