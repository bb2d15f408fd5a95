"""What is settled when, and that it is never taken back; with models that hear words at given times."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from specwhisper.audio.waveform import SAMPLE_RATE
from specwhisper.transcription.live.listener import LiveListener
from specwhisper.transcription.live.update import LiveUpdate
from specwhisper.transcription.tasks import Encode, WindowTask
from tests.transcription.live.scripted import Speaker, listener, sentence

TEXT = "one two three four five six seven eight nine ten."


def lecture(words: int, sentence: int = 0) -> str:
    """Words that nobody has said before, with a full stop after every so many."""
    letters = np.random.default_rng(0).integers(97, 123, (words, 6)).astype(np.uint8)
    return " ".join(
        bytes(word).decode() + ("." if sentence and at % sentence == sentence - 1 else "")
        for at, word in enumerate(letters)
    )


def told(to: LiveListener, sound: np.ndarray, step: float = 0.1) -> list[LiveUpdate]:
    """All that it tells while the sound comes, and at its end."""
    updates = []
    size = int(step * SAMPLE_RATE)
    for first in range(0, len(sound), size):
        to.hear(sound[first : first + size])
        while (update := to.work()) is not None:
            updates.append(update)
    return [*updates, to.finish()]


def text_of(updates: list[LiveUpdate]) -> str:
    return "".join(update.settled for update in updates).strip()


@pytest.mark.parametrize("step", (0.02, 0.1, 0.75, 3.0))
def test_everything_is_told_once(step: float) -> None:
    speaker = Speaker(sentence(TEXT, 0.5))
    updates = told(listener(speaker), speaker.sound(8.0), step)
    assert text_of(updates) == TEXT
    assert "".join(each.text for update in updates for each in update.segments).strip() == TEXT


def test_words_are_settled_before_the_sentence_ends() -> None:
    speaker = Speaker(sentence(TEXT, 0.5))
    updates = told(listener(speaker), speaker.sound(8.0))
    first = next(update for update in updates if update.settled)
    assert first.seconds < 3.0
    assert first.settled.startswith(" one")


def test_what_was_misheard_at_the_end_of_the_sound_is_not_settled() -> None:
    wrong = {word: f"wrong{word}" for word in TEXT.split()[:-1]}
    speaker = Speaker(sentence(TEXT, 0.5), mishears=wrong)
    assert text_of(told(listener(speaker), speaker.sound(8.0))) == TEXT


def test_a_pause_settles_everything() -> None:
    speaker = Speaker([*sentence("one two three", 0.5), *sentence("four five six", 4.0)])
    updates = told(listener(speaker), speaker.sound(8.0))
    pauses = [update for update in updates if update.paused is not None]
    assert [round(update.paused or 0, 1) for update in pauses] == [1.7, 5.2]
    assert pauses[0].seconds == pytest.approx(1.66 + 0.6, abs=0.15)
    assert text_of(updates[: updates.index(pauses[0]) + 1]) == "one two three"
    assert [round(update.began, 1) for update in updates if update.began is not None] == [0.5, 4.0]


def test_without_a_pause_only_a_commit_settles_everything() -> None:
    speaker = Speaker(sentence("one two three", 0.5))
    to = listener(speaker, pause=None)
    to.hear(speaker.sound(6.0))
    updates = []
    while (update := to.work()) is not None:
        updates.append(update)
    assert all(update.paused is None for update in updates)
    assert to.commit().paused == pytest.approx(1.66, abs=0.01)


def test_silence_asks_no_model_and_is_forgotten() -> None:
    speaker = Speaker(())
    to = listener(speaker)
    updates = told(to, speaker.sound(60.0))
    assert speaker.asked == []
    assert text_of(updates) == ""
    assert len(to._samples) <= SAMPLE_RATE + 1600


def test_a_word_between_two_chunks_is_heard() -> None:
    speaker = Speaker([("yes", 1.0, 1.3)])
    assert text_of(told(listener(speaker), speaker.sound(5.0), step=2.5)) == "yes"


def test_a_window_stays_short_however_long_somebody_speaks() -> None:
    said = sentence(lecture(500, 12), 0.2)
    speaker = Speaker(said)
    updates = told(listener(speaker), speaker.sound(202.0), step=0.25)
    assert text_of(updates) == " ".join(word for word, _, _ in said)
    assert max(len(task.samples) for task in speaker.asked if isinstance(task, Encode)) < 24 * SAMPLE_RATE
    times = [(each.start, each.end) for update in updates for each in update.segments]
    assert all(one[1] <= other[0] for one, other in pairwise(times))
    assert "".join(each.text for update in updates for each in update.segments).strip() == text_of(updates)


def test_a_window_without_sentences_is_cut_as_well() -> None:
    said = sentence(lecture(300), 0.2)
    speaker = Speaker(said)
    updates = told(listener(speaker), speaker.sound(122.0), step=0.25)
    assert text_of(updates) == " ".join(word for word, _, _ in said)
    assert max(len(task.samples) for task in speaker.asked if isinstance(task, Encode)) <= 30 * SAMPLE_RATE


def test_sound_that_came_all_at_once_is_heard_whole() -> None:
    said = sentence(lecture(300, 9), 0.2)
    speaker = Speaker(said)
    to = listener(speaker)
    to.hear(speaker.sound(122.0))
    assert text_of([to.finish()]) == " ".join(word for word, _, _ in said)


def test_settled_words_begin_the_next_decode() -> None:
    speaker = Speaker(sentence(TEXT, 0.5))
    updates = told(listener(speaker), speaker.sound(8.0))
    prompts = [task.prompt.written for task in speaker.asked if isinstance(task, WindowTask)]
    assert prompts[0] == ()
    assert prompts[-1] == speaker.codec.encode(text_of(updates[:-1]))[: len(prompts[-1])]
    assert len(prompts[-1]) >= 8


def test_the_draft_tells_provisional_text_between_decodes() -> None:
    speaker, draft = Speaker(sentence(TEXT, 0.5)), Speaker(sentence(TEXT.upper(), 0.5))
    updates = told(listener(speaker, draft=draft), speaker.sound(8.0))
    assert any(update.provisional.isupper() for update in updates)
    assert text_of(updates) == TEXT
    assert all(task.trimmed for task in draft.asked if isinstance(task, Encode))


def test_a_cleared_window_is_forgotten() -> None:
    speaker = Speaker([*sentence("one two three four five six", 0.5), *sentence("seven eight", 6.0)])
    to = listener(speaker)
    to.hear(speaker.sound(10.0)[: int(1.2 * SAMPLE_RATE)])
    to.work()
    to.clear()
    rest = speaker.sound(10.0)[5 * SAMPLE_RATE :]
    to.hear(speaker.sound(10.0)[int(1.2 * SAMPLE_RATE) : 5 * SAMPLE_RATE] * 0 + 1e9)
    to.clear()
    assert text_of(told(to, rest)) == "seven eight"


def test_the_language_is_found_out_and_then_stands() -> None:
    speaker = Speaker(sentence(TEXT * 3, 0.5))
    to = listener(speaker, language=None)
    told(to, speaker.sound(14.0))
    assert to.spoken is not None and to.spoken.code == "nl"
    asked = [type(task).__name__ for task in speaker.asked]
    assert 1 <= asked.count("DetectLanguage") <= 4
    assert "DetectLanguage" not in asked[len(asked) // 2 :]


def test_hotwords_and_the_prompt_are_told_to_main() -> None:
    speaker = Speaker(sentence(TEXT, 0.5))
    hot, prompt = speaker.codec.encode("Karlsruhe"), speaker.codec.encode("Once upon")
    told(listener(speaker, hotwords=hot, prompt=prompt), speaker.sound(8.0))
    first = next(task for task in speaker.asked if isinstance(task, WindowTask))
    assert first.prompt.before == (*hot, *prompt)
