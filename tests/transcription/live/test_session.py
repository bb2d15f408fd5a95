"""Real models on real speech, fed as a microphone would."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from collections.abc import Callable

import numpy as np
import pytest
from rapidfuzz.distance import Indel

from specwhisper import Transcriber
from specwhisper.audio.decode import load_audio
from specwhisper.captions.compare import key
from specwhisper.errors import LiveError, OptionError
from specwhisper.transcription.live.session import LiveSession
from tests.clips import ENGLISH, SECOND, path_of

pytestmark = pytest.mark.weights


@pytest.fixture(scope="module")
def pair(real_pair: Callable[..., Transcriber]) -> Transcriber:
    return real_pair("base+tiny")


@pytest.fixture(scope="module")
def clip() -> np.ndarray:
    return load_audio(path_of(ENGLISH)).samples


def fed(session: LiveSession, samples: np.ndarray, size: int = 4000) -> list[str]:
    """The settled texts, with all that was fed heard before more comes."""
    for first in range(0, len(samples), size):
        session.feed(samples[first : first + size])
        session.drained(60)
    session.close()
    return [update.settled for update in session]


def alike(one: str, other: str) -> float:
    words = [[key(word) for word in text.split()] for text in (one, other)]
    return Indel.normalized_similarity(*words)


def test_the_settled_text_is_nearly_that_of_the_file(pair: Transcriber, clip: np.ndarray) -> None:
    with pair.live(language="en") as session:
        settled = fed(session, clip)
        transcript = session.transcript()
    assert sum(map(bool, settled)) > 3
    assert "".join(settled).strip() == transcript.text
    assert "".join(segment.text for segment in transcript.segments).strip() == transcript.text
    assert alike(transcript.text, pair.transcribe(clip, language="en").text) > 0.9
    assert transcript.duration == pytest.approx(len(clip) / 16_000, abs=0.01)
    assert transcript.segments[-1].end <= transcript.duration + 0.1


def test_drafts_change_nothing_but_the_time(pair: Transcriber, clip: np.ndarray) -> None:
    texts, cycles = [], []
    for speculative in (True, False):
        with pair.live(language="en", speculative=speculative) as session:
            texts.append(fed(session, clip[: 8 * 16_000]))
            cycles.append(session.meter.tokens_per_cycle)
    assert texts[0] == texts[1]
    assert cycles[0] > 1.5 > cycles[1]


def test_main_alone_and_sound_at_another_rate(
    real_pair: Callable[..., Transcriber], clip: np.ndarray
) -> None:
    alone = real_pair("base")
    slow = clip[::2]  # 8 kHz, roughly
    with alone.live(language="en", sample_rate=8000) as session:
        settled = "".join(fed(session, slow))
    assert alike(settled, alone.transcribe(clip, language="en").text) > 0.7


def test_a_trimmed_context_is_offered(pair: Transcriber, clip: np.ndarray) -> None:
    with pair.live(language="en", audio_context="trimmed") as session:
        settled = "".join(fed(session, clip[: 6 * 16_000]))
    assert settled


def test_silence_and_noise_are_no_speech(pair: Transcriber) -> None:
    noise = np.random.default_rng(0).normal(0, 0.003, 5 * 16_000).astype(np.float32)
    with pair.live() as session:
        assert fed(session, np.concatenate([np.zeros(5 * 16_000, np.float32), noise])) == [""]
        assert session.transcript().text == ""
        assert session.meter.decodes == 0


def test_nothing_at_all(pair: Transcriber) -> None:
    with pair.live() as session:
        session.close()
        assert [update.settled for update in session] == [""]
        assert list(session) == []


def test_two_sessions_at_once_do_not_mix(pair: Transcriber) -> None:
    clips = [load_audio(path_of(each)).samples[: 8 * 16_000] for each in (ENGLISH, SECOND)]
    alone = []
    for samples in clips:
        with pair.live(language="en") as session:
            alone.append("".join(fed(session, samples)))
    sessions = [pair.live(language="en") for _ in clips]
    texts: dict[int, str] = {}
    threads = [
        threading.Thread(target=lambda at=at: texts.setdefault(at, "".join(fed(sessions[at], clips[at]))))
        for at in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert [texts[at] for at in range(2)] == alone


def test_commit_and_clear(pair: Transcriber, clip: np.ndarray) -> None:
    with pair.live(language="en", pause=None) as session:
        session.feed(clip[: 3 * 16_000])
        session.commit()
        update = next(each for each in session if each.paused is not None)
        assert update.seconds == pytest.approx(3.0, abs=0.01)
        session.feed(clip[3 * 16_000 : 5 * 16_000])
        session.clear()
        session.close()
        assert "".join(each.settled for each in session) == ""


def test_what_cannot_be_is_refused_in_a_sentence(pair: Transcriber) -> None:
    for options in (
        {"pause": 0.0},
        {"pause": "long"},
        {"sample_rate": 10},
        {"language": "klingon"},
        {"audio_context": "none"},
        {"timestamps": "word"},
    ):
        with pytest.raises(OptionError):
            pair.live(**options)
    with pair.live() as session:
        with pytest.raises(OptionError, match="mono"):
            session.feed(np.zeros((2, 100), np.float32))
        for wrong in (np.full(100, np.nan, np.float32), "hello", b"hello", [1j]):
            with pytest.raises(OptionError, match="finite"):
                session.feed(wrong)  # type: ignore[arg-type]
        session.close()
        with pytest.raises(LiveError, match="closed"):
            session.feed(np.zeros(100, np.float32))
        with pytest.raises(LiveError, match="closed"):
            session.commit()


def test_whole_numbers_are_sound_as_well(pair: Transcriber, clip: np.ndarray) -> None:
    texts = []
    for samples in (clip[: 4 * 16_000], (clip[: 4 * 16_000] * 32767).astype(np.int16)):
        with pair.live(language="en") as session:
            texts.append("".join(fed(session, samples)))
    assert texts[0] == texts[1] != ""


def test_sound_that_comes_faster_than_it_is_said_is_settled_at_pauses(pair: Transcriber) -> None:
    clips = [load_audio(path_of(each)).samples for each in (ENGLISH, SECOND)]
    sound = np.concatenate([part for each in clips for part in (each, np.zeros(16_000, np.float32))])
    with pair.live(language="en") as session:
        session.feed(sound)
        session.close()
        updates = list(session)
        decodes = session.meter.decodes
        transcript = session.transcript()
    assert sum(update.paused is not None for update in updates) >= 2
    assert decodes < len(sound) / 16_000 / 2
    assert alike(transcript.text, pair.transcribe(sound, language="en").text) > 0.9


def test_two_who_iterate_both_come_to_an_end(pair: Transcriber) -> None:
    with pair.live(language="en") as session:
        threads = [threading.Thread(target=lambda: list(session)) for _ in range(2)]
        for thread in threads:
            thread.start()
        session.close()
        for thread in threads:
            thread.join(20)
        assert not any(thread.is_alive() for thread in threads)


def test_whoever_leaves_frees_everything(pair: Transcriber, clip: np.ndarray) -> None:
    session = pair.live(language="en")
    session.feed(clip)
    time.sleep(0.3)
    session.cancel()
    assert session.done
    kept = weakref.ref(session)
    del session
    gc.collect()
    assert kept() is None
    assert not any(thread.name == "specwhisper-live" for thread in threading.enumerate())


def test_an_error_is_raised_where_one_iterates(pair: Transcriber, monkeypatch: pytest.MonkeyPatch) -> None:
    session = pair.live(language="en")

    def broken(samples: np.ndarray) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(session._listener, "hear", broken)
    session.feed(np.zeros(1600, np.float32))
    with pytest.raises(RuntimeError, match="broken"):
        list(session)
    with pytest.raises(LiveError):
        session.feed(np.zeros(1600, np.float32))
