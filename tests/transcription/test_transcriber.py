"""The facade on real weights: what a user is promised about transcripts and comparisons."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from specwhisper.audio.decode import load_audio
from specwhisper.errors import EmptyAudioError, NotAudioError, OptionError, TruncatedAudioError
from specwhisper.transcription.loading import load
from tests.clips import ENGLISH, longest, path_of

pytestmark = pytest.mark.weights


@pytest.fixture(scope="module")
def transcriber(real_pair):
    return real_pair("base+tiny")


@pytest.fixture(scope="module")
def comparison(transcriber):
    return transcriber.compare(path_of(ENGLISH), lookahead=4)  # by itself a draft may keep silent


def test_both_transcripts_are_identical_and_right(comparison) -> None:
    assert comparison.identical
    assert comparison.first_difference is None
    assert comparison.baseline.text == comparison.speculative.text
    assert ENGLISH.phrase in comparison.speculative.text.lower()
    assert comparison.speculative.language == "en"


def test_segments_and_pieces_join_to_the_text(comparison) -> None:
    for transcript in (comparison.baseline, comparison.speculative):
        assert "".join(segment.text for segment in transcript.segments).strip() == transcript.text
        assert "".join(piece.text for piece in transcript.pieces).strip() == transcript.text
        ids = tuple(itertools.chain.from_iterable(piece.tokens for piece in transcript.pieces))
        assert ids == transcript.tokens
    assert {piece.origin for piece in comparison.baseline.pieces} == {"main"}
    assert {piece.origin for piece in comparison.speculative.pieces} <= {"accepted", "correction", "bonus"}


def test_the_statistics_add_up(comparison) -> None:
    for transcript in (comparison.baseline, comparison.speculative):
        stats, seconds = transcript.stats, transcript.stats.seconds
        assert stats.tokens == len(transcript.tokens) + len(transcript.segments)  # one end-of-text each
        assert stats.accepted <= stats.drafted
        assert seconds.decode == seconds.draft + seconds.verify
        stages = [value for name, value in seconds.to_dict().items() if name not in ("decode", "total")]
        assert seconds.total == pytest.approx(sum(stages))
        assert min(stages) >= 0.0
        for cycle in stats.cycles:
            assert {*cycle.proposed, *cycle.tokens} <= transcript.token_text.keys()
    assert comparison.baseline.stats.tokens_per_cycle == 1.0
    assert comparison.baseline.stats.seconds.encode_draft == 0.0
    assert comparison.speculative.stats.tokens_per_cycle > 1.5


def test_a_file_equals_its_bytes_and_its_array(transcriber, comparison) -> None:
    path = path_of(ENGLISH)
    from_bytes = transcriber.transcribe(path.read_bytes(), timestamps="none")
    from_array = transcriber.transcribe(load_audio(path).samples, timestamps="none")
    assert from_bytes.tokens == from_array.tokens == comparison.baseline.tokens


@pytest.mark.parametrize("lookahead", [1, 4, 16])
def test_every_lookahead_writes_the_same(transcriber, comparison, lookahead: int) -> None:
    transcript = transcriber.transcribe(path_of(ENGLISH), lookahead=lookahead, timestamps="none")
    assert transcript.tokens == comparison.baseline.tokens
    assert max(len(cycle.proposed) for cycle in transcript.stats.cycles) <= lookahead


def test_nothing_is_lost_beyond_thirty_seconds(transcriber) -> None:
    samples = longest(61)
    fractions = []
    whole = transcriber.transcribe(
        samples, language="en", timestamps="none", on_progress=lambda f, _: fractions.append(f)
    )
    parts = [
        transcriber.transcribe(samples[i : i + 480_000], language="en", timestamps="none")
        for i in range(0, len(samples), 480_000)
    ]
    assert whole.tokens == tuple(itertools.chain.from_iterable(part.tokens for part in parts))
    assert [segment.start for segment in whole.segments] == [0.0, 30.0, 60.0]
    assert whole.segments[-1].end == pytest.approx(whole.duration)
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


@pytest.mark.parametrize("seconds", [0.001, 0.02, 0.3])
def test_very_short_audio_gives_a_well_formed_result(transcriber, seconds: float) -> None:
    noise = np.random.default_rng(0).normal(scale=0.01, size=int(16_000 * seconds)).astype(np.float32)
    comparison = transcriber.compare(noise, language="en")
    assert comparison.identical
    assert comparison.baseline.duration == pytest.approx(seconds)


def test_no_audio_at_all_is_refused(transcriber) -> None:
    with pytest.raises(EmptyAudioError):
        transcriber.transcribe(np.zeros(0, np.float32))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"language": "klingon"}, "Unknown language"),
        ({"language": "yue"}, "Cantonese"),
        ({"task": "sing"}, "Unknown task"),
        ({"lookahead": 0}, "Lookahead 0"),
        ({"lookahead": 99}, "Lookahead 99"),
        ({"lookahead": "many"}, "Lookahead 'many'"),
    ],
)
def test_wrong_options_are_named(transcriber, options: dict, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        transcriber.transcribe(path_of(ENGLISH), **options)


def test_a_main_model_alone_transcribes_but_has_nothing_to_compare(real_pair) -> None:
    alone = real_pair("tiny")
    assert alone.transcribe(path_of(ENGLISH)).stats.mode == "greedy"
    with pytest.raises(OptionError, match="no draft"):
        alone.compare(path_of(ENGLISH))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"device": "abacus"}, "Unknown device"),
        ({"device": "cuda:99"}, "no CUDA card"),
        ({"precision": "fp16", "device": "cpu"}, "CUDA"),
        ({"precision": "fp7"}, "Unknown precision"),
    ],
)
def test_devices_and_precisions_that_are_not_there(options: dict, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        load("base+tiny", **options)


def test_what_is_wrong_with_a_recording_is_in_its_transcript(transcriber) -> None:
    """Of a file that is cut; strict refuses it everywhere."""
    data = path_of(ENGLISH).read_bytes()
    cut = data[: len(data) * 3 // 4]
    told = ("The recording breaks off before its end; what is there was transcribed.",)
    written = transcriber.transcribe(cut, speculative=False)
    assert written.text
    assert written.warnings == told
    assert written.to_dict()["warnings"] == list(told)
    for transcript in transcriber.transcribe_batch([cut, cut], speculative=False):
        assert transcript.warnings == told
    for call in (
        lambda: transcriber.transcribe(cut, strict=True),
        lambda: transcriber.transcribe_batch([cut], strict=True),
        lambda: transcriber.compare(cut, strict=True),
    ):
        with pytest.raises(TruncatedAudioError):
            call()
    with pytest.raises(NotAudioError, match="no track 2"):
        transcriber.compare(data, audio_track=2)
