"""A text that somebody has proposes: the transcript stays main's, whatever it says, and it goes faster."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from specwhisper.audio.decode import load_audio
from specwhisper.audio.waveform import Waveform
from specwhisper.errors import OptionError
from specwhisper.results import Transcript
from specwhisper.transcription.transcriber import Transcriber
from tests.clips import ENGLISH, SECOND, longest, path_of
from tests.marks import EXHAUSTIVE

pytestmark = pytest.mark.weights

LONG = 36
"""Seconds: two windows."""


@pytest.fixture(scope="module")
def alone(real_pair) -> Transcriber:
    return real_pair("base")


@pytest.fixture(scope="module")
def paired(real_pair) -> Transcriber:
    return real_pair("base+tiny")


@pytest.fixture(scope="module")
def recording() -> Waveform:
    return Waveform(longest(LONG))


@pytest.fixture(scope="module")
def plain(alone: Transcriber, recording: Waveform) -> dict[str, Transcript]:
    """What main writes by itself, by the times that it is asked for."""
    return {
        kind: alone.transcribe(recording, timestamps=kind, language="en", speculative=False)
        for kind in ("none", "segment")
    }


def garbled(text: str, share: float) -> str:
    chosen = np.random.default_rng(0)
    return " ".join("river" if chosen.random() < share else word for word in text.split())


def timed(transcript: Transcript) -> str:
    segments = [{"text": each.text, "start": each.start, "end": each.end} for each in transcript.segments]
    return json.dumps({"segments": segments})


TEXTS = {
    "own": lambda own: own.text,
    "with its times": timed,
    "garbled": lambda own: garbled(own.text, 0.3),
    "in capitals": lambda own: own.text.upper(),
    "its second half": lambda own: own.text[len(own.text) // 2 :],
    "another one": lambda own: "The quick brown fox jumps over the lazy dog. " * 20,
    "another script": lambda own: "今日は天気がいいですね。明日も晴れるでしょう。" * 5,
    "no letters": lambda own: "... --- ...",
    "times that are wrong": lambda own: json.dumps([{"text": own.text, "start": 900, "end": 950}]),
}


OFTEN = "own", "garbled", "another one"


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        pytest.param(kind, name, marks=() if kind == "segment" or name in OFTEN else EXHAUSTIVE)
        for kind in ("none", "segment")
        for name in TEXTS
    ],
)
def test_the_text_is_main_s_whatever_is_proposed(
    alone: Transcriber, recording: Waveform, plain: dict[str, Transcript], kind: str, name: str
) -> None:
    own = plain[kind]
    found = alone.transcribe(recording, timestamps=kind, language="en", draft_text=TEXTS[name](own))
    assert (found.text, found.tokens) == (own.text, own.tokens)
    assert [(each.start, each.end) for each in found.segments] == [
        (each.start, each.end) for each in own.segments
    ]
    assert (found.stats.mode, found.stats.draft, found.stats.draft_text) == ("speculative", None, True)
    assert found.stats.by_text == found.stats.drafted


@pytest.mark.parametrize("name", ["own", "garbled", "another one"])
def test_with_a_draft_model_beside_it(
    paired: Transcriber, recording: Waveform, plain: dict[str, Transcript], name: str
) -> None:
    own = plain["segment"]
    found = paired.transcribe(recording, language="en", draft_text=TEXTS[name](own))
    assert (found.text, found.tokens) == (own.text, own.tokens)
    if name == "own":
        assert found.stats.by_text > 0.8 * found.stats.drafted > 0  # the model is hardly needed
    if name == "another one":
        assert found.stats.by_text < found.stats.drafted / 2


@pytest.mark.parametrize("name", ["another one", pytest.param("garbled", marks=EXHAUSTIVE)])
def test_with_a_fixed_lookahead(
    paired: Transcriber, recording: Waveform, plain: dict[str, Transcript], name: str
) -> None:
    own = plain["none"]
    options = {"language": "en", "timestamps": "none", "lookahead": 3}
    found = paired.transcribe(recording, draft_text=TEXTS[name](own), **options)
    assert found.tokens == own.tokens
    assert max(len(cycle.proposed) for cycle in found.stats.cycles) <= 3


def test_it_takes_fewer_passes(alone: Transcriber, recording: Waveform, plain: dict[str, Transcript]) -> None:
    own = plain["segment"]
    found = alone.transcribe(recording, language="en", draft_text=timed(own))
    assert found.stats.tokens_per_cycle > 4
    assert found.stats.acceptance_rate > 0.8


def test_in_windows_side_by_side(alone: Transcriber, recording: Waveform) -> None:
    options = {"language": "en", "windows": "pauses", "batch_size": 4}
    own = alone.transcribe(recording, speculative=False, **options)
    found = alone.transcribe(recording, draft_text=own.text, **options)
    assert (found.text, found.tokens) == (own.text, own.tokens)


def test_a_file_is_read_and_a_wrong_one_refused(alone: Transcriber, tmp_path: Path) -> None:
    clip = load_audio(path_of(SECOND))
    own = alone.transcribe(clip, language="en")
    file = tmp_path / "a.txt"
    file.write_text(own.text)
    assert alone.transcribe(clip, language="en", draft_text=file).stats.acceptance_rate > 0.5
    for wrong in (tmp_path / "b.txt", tmp_path, 5, "", b"\0\0\0"):
        with pytest.raises(OptionError):
            alone.transcribe(clip, draft_text=wrong)
    for options in ({"beams": 2}, {"temperature": 0.5}, {"speculative": False}):
        with pytest.raises(OptionError, match=r"proposes|likeliest"):
            alone.transcribe(clip, draft_text="hello", **options)


def test_a_further_try_begins_with_the_first_one_s_text(alone: Transcriber, paired: Transcriber) -> None:
    clip = load_audio(path_of(ENGLISH))
    options = {"language": "en", "logprob_threshold": 0.0}  # no text is good enough: every try is made
    found = paired.transcribe(clip, **options)
    assert found.stats.by_text > 0
    assert found.tokens == alone.transcribe(clip, speculative=False, **options).tokens
