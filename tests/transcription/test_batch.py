"""Recordings transcribed together are what they are one by one, on real weights."""

from __future__ import annotations

import numpy as np
import pytest

from specwhisper.audio.decode import load_audio
from specwhisper.audio.waveform import Waveform
from specwhisper.errors import EmptyAudioError, OptionError
from specwhisper.results import Transcript
from specwhisper.transcription.transcriber import Transcriber
from tests.clips import ENGLISH, SECOND, longest, path_of

pytestmark = pytest.mark.weights


@pytest.fixture(scope="module")
def transcriber(real_pair) -> Transcriber:
    return real_pair("base+tiny")


@pytest.fixture(scope="module")
def recordings() -> list[Waveform]:
    """A clip, one of two windows, a sliver of noise, another clip, and the first words of it."""
    second = load_audio(path_of(SECOND))
    noise = np.random.default_rng(0).normal(scale=0.01, size=8_000).astype(np.float32)
    return [
        load_audio(path_of(ENGLISH)),
        Waveform(longest(34)),
        Waveform(noise),
        second,
        Waveform(second.samples[:32_000]),
    ]


@pytest.fixture(scope="module")
def singles(transcriber, recordings) -> dict[bool, list[Transcript]]:
    return {
        speculative: [
            transcriber.transcribe(audio, speculative=speculative, timestamps="none") for audio in recordings
        ]
        for speculative in (False, True)
    }


@pytest.mark.parametrize("speculative", [False, True])
@pytest.mark.parametrize("size", [1, 4])
def test_a_batch_equals_single_runs(transcriber, recordings, singles, size: int, speculative: bool) -> None:
    fractions: list[float] = []
    together = transcriber.transcribe_batch(
        recordings,
        speculative=speculative,
        batch_size=size,
        on_progress=lambda fraction, message: fractions.append(fraction),
    )
    assert len(together) == len(recordings)
    for one, alone in zip(together, singles[speculative], strict=True):
        assert (one.text, one.tokens, one.segments) == (alone.text, alone.tokens, alone.segments)
        assert (one.language, one.duration) == (alone.language, alone.duration)
        assert one.stats.mode == alone.stats.mode
        assert one.stats.tokens == alone.stats.tokens
        assert [cycle.window for cycle in one.stats.cycles] == sorted(c.window for c in one.stats.cycles)
        if not speculative:  # what is remembered of hearing has the seconds of then
            assert min(one.stats.seconds.to_dict().values()) >= 0.0
    assert together[0].text == singles[not speculative][0].text
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


@pytest.mark.parametrize(("size", "speculative"), [(8, False), (16, True)])
def test_rows_of_a_large_batch_equal_single_runs(
    transcriber, recordings, singles, size: int, speculative: bool
) -> None:
    """More clips than rows, short ones among long ones, so that rows come and go at different times."""
    order = [(4, 0, 2, 4, 3, 4)[index % 6] for index in range(size + 3)]
    # By itself a draft may keep silent: sixteen rows share main's pass anyway.
    lookahead = 4 if speculative else "auto"
    together = transcriber.transcribe_batch(
        [recordings[index] for index in order],
        speculative=speculative,
        batch_size=size,
        lookahead=lookahead,
    )
    for index, one in zip(order, together, strict=True):
        alone = singles[speculative][index]
        assert (one.text, one.tokens, one.segments) == (alone.text, alone.tokens, alone.segments)
    assert all((one.stats.accepted > 0) == speculative for one in together if len(one.tokens) > 10)


@pytest.mark.encodes
def test_the_seconds_of_all_are_those_of_the_call(transcriber, recordings) -> None:
    silent = [Waveform(recordings[index].samples) for index in (4, 0, 4)]  # loading was long ago
    began = transcriber.clock()
    together = transcriber.transcribe_batch(silent, batch_size=2)
    wall = transcriber.clock() - began
    assert all(min(one.stats.seconds.to_dict().values()) >= 0.0 for one in together)
    # What the models did is counted once; a recording may be read while another one's windows are written.
    exclusive_threads = sum(one.stats.seconds.total - one.stats.seconds.other for one in together)
    assert 0.5 * wall < exclusive_threads < wall
    assert sum(one.stats.seconds.total for one in together) > 0.9 * wall


def test_options_reach_every_recording(transcriber, recordings) -> None:
    chosen = [recordings[0], recordings[4]]
    for one, audio in zip(
        transcriber.transcribe_batch(chosen, language="german", lookahead=2), chosen, strict=True
    ):
        assert one.language == "de"
        assert one.tokens == transcriber.transcribe(audio, language="de", timestamps="none").tokens
        assert max(len(cycle.proposed) for cycle in one.stats.cycles) <= 2


def test_files_and_arrays_are_taken_as_they_come(transcriber, singles) -> None:
    path = path_of(ENGLISH)
    for transcript in transcriber.transcribe_batch([path, path.read_bytes(), load_audio(path).samples]):
        assert transcript.tokens == singles[True][0].tokens
    assert transcriber.transcribe_batch([]) == []


def test_a_recording_that_cannot_be_heard_is_refused_before_anything_is_decoded(transcriber) -> None:
    messages: list[str] = []
    with pytest.raises(EmptyAudioError):
        transcriber.transcribe_batch(
            [path_of(ENGLISH), b""], on_progress=lambda fraction, message: messages.append(message)
        )
    assert all("Reading" in message for message in messages)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 0}, "Batch size 0"),
        ({"batch_size": 65}, "Batch size 65"),
        ({"batch_size": "many"}, "Batch size 'many'"),
        ({"lookahead": 0}, "Lookahead 0"),
        ({"language": "klingon"}, "Unknown language"),
        ({"language": "en", "task": "sing"}, "Unknown task"),
    ],
)
def test_wrong_options_are_named(transcriber, options: dict, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        transcriber.transcribe_batch([path_of(ENGLISH)], **options)


def test_a_name_is_no_list_of_recordings(transcriber) -> None:
    with pytest.raises(OptionError, match="into a list"):
        transcriber.transcribe_batch("talk.wav")


def test_a_draft_with_another_tokenizer_works_in_a_batch(real_pair, recordings, singles) -> None:
    pair = real_pair("base+tiny.en")
    chosen = [recordings[0], recordings[3]]
    fractions: list[float] = []
    together = pair.transcribe_batch(
        chosen, batch_size=2, lookahead=4, on_progress=lambda fraction, message: fractions.append(fraction)
    )
    for index, one in zip((0, 3), together, strict=True):
        assert one.tokens == singles[False][index].tokens
        assert one.stats.accepted > 0
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
