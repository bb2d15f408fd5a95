"""Which language, from made-up guesses and from real speech after music."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from specwhisper.audio.speech import Speech, SpeechSpan
from specwhisper.audio.waveform import SAMPLE_RATE
from specwhisper.errors import OptionError
from specwhisper.transcription.language import detect_language, languages_from, other_places
from specwhisper.transcription.tasks import Spoken
from specwhisper.vocabulary.specials import Vocabulary

V2, ENGLISH_ONLY = Vocabulary(51865), Vocabulary(51864)
RATE = SAMPLE_RATE


class _Heard:
    """Has heard a place where languages are as likely as told; the rest is a little likely too."""

    def __init__(self, **chances: float) -> None:
        self.logits = torch.full((1, 51865), -10.0)
        for code, chance in chances.items():
            self.logits[0, V2.languages[code]] = np.log(chance)

    def read(self, tokens, position) -> torch.Tensor:
        assert (tokens, position) == ([V2.start_of_transcript], 0)
        return self.logits


def test_a_sure_place_decides_alone() -> None:
    def nobody() -> Iterator[_Heard]:
        raise AssertionError("no other place was to be heard")
        yield

    spoken = detect_language(_Heard(nl=0.95, en=0.05), V2, (), nobody())
    assert spoken.code == "nl"
    assert spoken.probability == pytest.approx(0.95, abs=0.01)


def test_an_unsure_place_is_weighed_with_others() -> None:
    music, speech = _Heard(en=0.5, la=0.4, nl=0.1), _Heard(nl=0.97, en=0.03)
    spoken = detect_language(music, V2, (), [speech, speech])
    assert spoken.code == "nl"
    assert spoken.probability == pytest.approx((0.1 + 2 * 0.97) / 3, abs=0.01)
    assert detect_language(music, V2).code == "en"


def test_only_those_that_were_named_are_chosen() -> None:
    spoken = detect_language(_Heard(en=0.6, de=0.3, nl=0.1), V2, ("nl", "de"))
    assert spoken.code == "de"
    assert spoken.probability == pytest.approx(0.75, abs=0.01)


def test_an_english_only_model_knows_one() -> None:
    assert detect_language(_Heard(nl=1.0), ENGLISH_ONLY) == Spoken("en", None)


@pytest.mark.parametrize(
    ("language", "languages", "expected"),
    [
        (None, (), (None, ())),
        ("German", (), ("de", ())),
        (None, "en, Dutch", (None, ("en", "nl"))),
        (None, ["nl", "nl"], ("nl", ())),
        (None, ("nl", "en"), (None, ("nl", "en"))),
    ],
)
def test_what_was_asked_for(language, languages, expected) -> None:
    assert languages_from(V2, "transcribe", language, languages) == expected


@pytest.mark.parametrize(
    ("vocabulary", "language", "languages", "message"),
    [
        (V2, "en", "en,nl", "not both"),
        (V2, None, "en,klingon", "Unknown language"),
        (V2, None, "en,yue", "no token for 'Cantonese'"),
        (ENGLISH_ONLY, None, "en,nl", "only transcribes English"),
    ],
)
def test_what_cannot_be_is_refused(vocabulary, language, languages, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        languages_from(vocabulary, "transcribe", language, languages)


def test_other_places_are_spread_over_what_is_left() -> None:
    samples = np.arange(400 * RATE, dtype=np.float32)
    speech = Speech(samples)
    places = other_places(speech, 0, 30 * RATE, 30 * RATE)
    assert [len(each) for each in places] == [30 * RATE] * 3
    starts = [each[0] / RATE for each in places]
    assert starts[0] == 30
    assert starts[-1] > 200
    assert other_places(Speech(samples[: 30 * RATE]), 0, 30 * RATE, 30 * RATE) == []
    assert other_places(Speech(samples[: 30 * RATE + 100]), 0, 30 * RATE, 30 * RATE) == []


def test_a_window_that_was_mostly_music_is_heard_again_without_it() -> None:
    samples = np.arange(30 * RATE, dtype=np.float32)
    speech = Speech(samples, [SpeechSpan(20 * RATE, 30 * RATE)])
    (place,) = other_places(speech, 0, 10 * RATE, 30 * RATE)
    assert (place[0], len(place)) == (20 * RATE, 10 * RATE)
