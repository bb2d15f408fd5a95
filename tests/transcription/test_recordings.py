"""Whole recordings: the same with and without the draft, in order, resumable, told while it happens."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest

from specwhisper.audio.decode import load_audio
from specwhisper.errors import OptionError
from specwhisper.progress import StopTranscribing
from specwhisper.results import Update
from specwhisper.transcription.language import Spoken
from specwhisper.transcription.options import Options
from tests.clips import ENGLISH, SECOND, SHORT, SHORTEST, longest, path_of
from tests.marks import EXHAUSTIVE

pytestmark = pytest.mark.weights
RATE = 16_000
SECONDS = 36


@pytest.fixture(scope="module")
def transcriber(real_pair):
    return real_pair("base+tiny")


@pytest.fixture(scope="module")
def small_one(real_pair):
    return real_pair("tiny")


@pytest.fixture(scope="module")
def samples() -> np.ndarray:
    return longest(SECONDS)


@pytest.fixture(scope="module")
def whole(transcriber, samples):
    # By itself a draft may keep silent, on a busy machine for instance.
    return transcriber.transcribe(samples, language="en", timestamps="word", lookahead=4)


def told(transcript) -> list[tuple]:
    return [(each.start, each.end, each.text, each.tokens) for each in transcript.segments]


def check_well_formed(transcript, seconds: float) -> None:
    times = [time for each in transcript.segments for time in (each.start, each.end)]
    assert times == sorted(times)
    assert all(0 <= time <= seconds for time in times)
    assert all(each.end > each.start and each.text.strip() for each in transcript.segments)
    assert "".join(each.text for each in transcript.segments).strip() == transcript.text
    assert "".join(piece.text for piece in transcript.pieces).strip() == transcript.text
    joined = tuple(itertools.chain.from_iterable(each.tokens for each in transcript.segments))
    assert joined == transcript.tokens


def test_with_and_without_the_draft_text_and_times_are_the_same(transcriber, samples, whole) -> None:
    alone = transcriber.transcribe(samples, language="en", speculative=False, timestamps="word")
    assert told(alone) == told(whole)
    assert [word.text for each in alone.segments for word in each.words] == [
        word.text for each in whole.segments for word in each.words
    ]
    assert whole.stats.accepted > 0
    assert ENGLISH.phrase in whole.text.lower()
    assert SECOND.phrase in whole.text.lower()


def test_segments_are_in_order_and_join_to_the_text(whole) -> None:
    assert len(whole.segments) > 3
    check_well_formed(whole, SECONDS)
    assert all(each.log_probability < 0 for each in whole.segments)


def test_words_join_to_their_segment_and_are_in_order(whole) -> None:
    words = [word for each in whole.segments for word in each.words]
    for each in whole.segments:
        assert "".join(word.text for word in each.words) == each.text
        assert (each.start, each.end) == (each.words[0].start, each.words[-1].end)
    times = [time for word in words for time in (word.start, word.end)]
    assert times == sorted(times)
    assert all(0 <= word.probability <= 1 for word in words)
    assert {word.origin for word in words} <= {"main", "accepted", "correction", "bonus"}


def test_a_comparison_of_a_long_recording_hears_every_window_once(transcriber, samples) -> None:
    comparison = transcriber.compare(samples, language="en")
    assert comparison.identical
    one, other = comparison.baseline.stats.seconds, comparison.speculative.stats.seconds
    assert one.encode_main == other.encode_main
    assert len(comparison.baseline.segments) > 3


@pytest.mark.parametrize("sound", ["silence", "noise", "tone"])
def test_where_nobody_speaks_there_is_no_text(transcriber, sound: str) -> None:
    count = 4 * RATE
    made = {
        "silence": np.zeros(count),
        "noise": np.random.default_rng(0).normal(scale=0.1, size=count),
        "tone": 0.3 * np.sin(2 * np.pi * 440 * np.arange(count) / RATE),
    }[sound].astype(np.float32)
    for timestamps in ("none", "segment"):
        transcript = transcriber.transcribe(made, timestamps=timestamps)
        assert (transcript.text, transcript.segments) == ("", ())
        assert transcript.duration == 4.0


def test_silence_is_left_out_and_times_are_on_the_recording_s_clock(transcriber) -> None:
    clip = longest(6)
    made = np.concatenate([np.zeros(10 * RATE, np.float32), clip, np.zeros(10 * RATE, np.float32), clip])
    transcript = transcriber.transcribe(made, language="en")
    check_well_formed(transcript, len(made) / RATE)
    starts = [each.start for each in transcript.segments]
    assert 9.0 < starts[0] < 11.5
    assert any(25.0 < start < 27.5 for start in starts)
    assert not any(17.0 < start < 25.0 for start in starts)


def test_it_tells_of_text_while_it_grows_and_takes_no_segment_back(transcriber, samples, whole) -> None:
    updates = list(transcriber.stream(samples, language="en", timestamps="word", lookahead=4))
    assert all(isinstance(update, Update) for update in updates)
    assert [each for update in updates for each in update.segments] == list(whole.segments)
    pending = [update.pending for update in updates if update.pending]
    assert len(pending) > 10
    assert all(0 <= update.seconds <= update.duration == SECONDS for update in updates)


def test_whoever_stops_listening_stops_the_work(transcriber, samples) -> None:
    stream = transcriber.stream(samples, language="en")
    next(stream)
    stream.close()
    assert transcriber.transcribe(longest(3), language="en").text  # the models are free again


def test_a_wrong_option_is_told_to_the_listener(transcriber) -> None:
    with pytest.raises(OptionError, match="Unknown language"):
        list(transcriber.stream(longest(3), language="klingon"))


def test_a_stopped_run_keeps_what_there_is_and_goes_on_from_its_journal(
    transcriber, samples, whole, tmp_path
) -> None:
    journal = tmp_path / "talk.journal"
    options = {"language": "en", "timestamps": "word", "journal": journal, "lookahead": 4}

    def stop(update: Update) -> None:
        if update.segments:
            raise StopTranscribing

    part = transcriber.transcribe(samples, **options, on_update=stop)
    assert 0 < len(part.segments) < len(whole.segments)
    assert told(part) == told(whole)[: len(part.segments)]
    with journal.open("ab") as file:
        file.write(b'{"x": 1}\n{"segments": [')  # a damaged line, and one that a crash cut off
    updates: list[Update] = []
    done = transcriber.transcribe(samples, **options, on_update=updates.append)
    assert told(done) == told(whole)
    assert done.segments[0].words == whole.segments[0].words
    assert updates[0].segments == part.segments  # it did not begin again
    # What is told about the whole is about the part that was there too.
    assert "".join(piece.text for piece in done.pieces) == "".join(each.text for each in done.segments)
    assert {token for piece in done.pieces for token in piece.tokens} <= done.token_text.keys()
    assert done.stats.cycles[: len(part.stats.cycles)] == part.stats.cycles
    assert done.stats.seconds.encode_main > part.stats.seconds.encode_main
    assert len(journal.read_text().splitlines()) > 2
    assert all(map(json.loads, journal.read_text().splitlines()))


def test_a_journal_of_something_else_is_begun_anew(transcriber, samples, whole, tmp_path) -> None:
    journal = tmp_path / "talk.journal"
    transcriber.transcribe(longest(3), language="en", journal=journal)
    done = transcriber.transcribe(samples, language="en", timestamps="word", journal=journal)
    assert told(done) == told(whole)


def test_an_initial_prompt_and_hotwords_are_heeded(transcriber) -> None:
    clip = longest(6)
    plain = transcriber.transcribe(clip, language="en").text
    shouted = transcriber.transcribe(
        clip, language="en", initial_prompt="MR. JOHN DASHWOOD HAD THEN LEISURE. HE CONSIDERED IT."
    ).text
    assert plain != shouted
    hot = transcriber.transcribe(clip, language="en", hotwords="JOHN DASHWOOD LEISURE CONSIDER MIGHT")
    assert hot.text != plain or hot.segments


def test_what_is_said_again_is_written_again(transcriber) -> None:
    """Told of the same sentences, main passed over 27 s of them."""
    clips = (SHORTEST, SHORT, SECOND, ENGLISH)
    pause = np.zeros(RATE // 2, np.float32)
    once = [part for clip in clips for part in (load_audio(path_of(clip)).samples, pause)]
    written = transcriber.transcribe(np.concatenate(once * 2), language="en", lookahead=4)
    text = written.text.lower()
    assert [text.count(phrase) for phrase in ("go forward", "of spades", "made amiable", "cold-hearted")] == [
        2
    ] * 4
    assert max(segment.end - segment.start for segment in written.segments) < 10


def test_what_goes_wrong_is_tried_again_alike_with_and_without_the_draft(transcriber, monkeypatch) -> None:
    """No text is good enough here, so every temperature is tried: noise must not tell the two apart."""
    monkeypatch.setattr(Options, "temperatures", (0.0, 0.6, 1.0))
    monkeypatch.setattr("specwhisper.transcription.fallback.Attempt.good", lambda self, recording: False)
    monkeypatch.setattr("specwhisper.transcription.fallback.ranked", lambda made, recording: tuple(made))
    clip = longest(8)
    one, other = (
        transcriber.transcribe(clip, language="en", lookahead=4, speculative=flag) for flag in (False, True)
    )
    assert told(one) == told(other)
    assert {each.temperature for each in one.segments} == {1.0}
    assert other.stats.accepted > 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"timestamps": "letter"}, "Timestamps 'letter'"),
        ({"timestamps": "none", "journal": "x"}, "journal needs timestamps"),
        ({"timestamps": "none", "hotwords": "x"}, "hotwords need timestamps"),
        ({"timestamps": "none", "on_update": print}, "Updates need timestamps"),
        ({"journal": "/no/such/folder/x"}, "cannot be used"),
        ({"journal": __file__}, "is no journal"),
        ({"journal": "x", "windows": "pauses"}, "leave windows"),
    ],
)
def test_wrong_options_are_named(transcriber, options: dict, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        transcriber.transcribe(longest(1), **options)


def test_a_batch_of_recordings_has_segments_too(transcriber, samples) -> None:
    together = transcriber.transcribe_batch(
        [samples, longest(6), np.zeros(RATE, np.float32)], language="en", timestamps="segment", batch_size=3
    )
    for transcript, seconds in zip(together, (SECONDS, 6, 1), strict=True):
        check_well_formed(transcript, seconds)
    assert ENGLISH.phrase in together[0].text.lower()
    assert together[2].segments == ()


@pytest.mark.parametrize(
    ("kind", "seconds"),
    [
        *((kind, 0.02) for kind in ("noise", "clipped", "stuttered", "speech then silence")),
        pytest.param("noise", 31.0, marks=EXHAUSTIVE),
        pytest.param("clipped", 8.0, marks=EXHAUSTIVE),
        pytest.param("stuttered", 8.0, marks=EXHAUSTIVE),
        ("speech then silence", 31.0),
    ],
)
def test_any_sound_gives_a_well_formed_result(small_one, kind: str, seconds: float, monkeypatch) -> None:
    monkeypatch.setattr(Options, "temperatures", (0.0, 0.8))  # six take long
    count = round(seconds * RATE)
    random = np.random.default_rng(count)
    speech = longest(max(1, round(seconds)))[:count]
    made = {
        "noise": random.normal(scale=0.3, size=count),
        "clipped": np.clip(20 * speech, -1, 1),
        "stuttered": np.resize(speech[: RATE // 2], count),
        "speech then silence": np.concatenate([speech[: count // 2], np.zeros(count - count // 2)]),
    }[kind].astype(np.float32)
    for vad in (False, True):
        transcript = small_one.transcribe(made, timestamps="word", vad=vad)
        check_well_formed(transcript, len(made) / RATE + 1e-6)
        words = [
            time for each in transcript.segments for word in each.words for time in (word.start, word.end)
        ]
        assert words == sorted(words)


def test_the_language_of_every_window_where_asked(small_one, monkeypatch) -> None:
    asked: list[str] = []

    def detect(*_) -> Spoken:
        asked.append(("en", "de")[len(asked) % 2])
        return Spoken(asked[-1], 0.99)

    monkeypatch.setattr("specwhisper.transcription.window_decoder.detect_language", detect)
    samples = longest(33)
    once = small_one.transcribe(samples)
    assert (asked, once.language) == (["en"], "en")
    anew = small_one.transcribe(samples, language_per_window=True)
    assert len(asked) > 2
    assert anew.language == "de"  # the first of the second call
    known = len(asked)
    small_one.transcribe(samples, language="en", language_per_window=True)
    assert len(asked) == known


def test_windows_between_pauses_are_told_in_order_and_can_be_stopped(transcriber, samples) -> None:
    options = {"language": "en", "windows": "pauses", "batch_size": 4}
    told = list(transcriber.stream(samples, **options))
    whole = transcriber.transcribe(samples, **options)
    assert "".join(segment.text for update in told for segment in update.segments).strip() == whole.text
    assert ENGLISH.phrase in whole.text.lower()

    def stop(update: Update) -> None:
        raise StopTranscribing

    part = transcriber.transcribe(samples, language="en", windows="pauses", on_update=stop)
    assert 0 < len(part.segments) < len(whole.segments)
    assert part.segments == whole.segments[: len(part.segments)]


def test_a_job_in_the_background(transcriber, samples) -> None:
    job = transcriber.submit(samples, language="en")
    first = next(job.updates())
    assert first.segments or first.pending
    with pytest.raises(TimeoutError):
        job.result(timeout=0.0)
    job.cancel()
    assert job.done
    assert len(job.result().text) < len(transcriber.transcribe(samples, language="en").text)
