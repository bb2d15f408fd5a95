"""A recording's way, with scripted answers instead of models."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from specwhisper.audio.speech import Speech, SpeechSpan
from specwhisper.audio.waveform import SAMPLE_RATE
from specwhisper.audio.windows import windows_of
from specwhisper.decoding.lookahead import Fixed
from specwhisper.progress import StopTranscribing
from specwhisper.results import Cycle, Decoded, Seconds, Update
from specwhisper.transcription import fallback
from specwhisper.transcription.alignment import Aligned
from specwhisper.transcription.journal import Journal
from specwhisper.transcription.journey import Journey, Outcome
from specwhisper.transcription.options import Options
from specwhisper.transcription.tasks import (
    Align,
    Detected,
    DetectLanguage,
    Encode,
    EncodedWindow,
    Spoken,
    Together,
    WindowTask,
    Written,
)
from specwhisper.vocabulary.specials import Vocabulary

V = Vocabulary(51_865)
STAMP = V.timestamp_begin


@pytest.fixture(autouse=True)
def _few_words_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """The windows here hold a word or two, and are asked for once."""
    monkeypatch.setattr(fallback, "_SPARSE", 0.0)


class Codec:
    """Every token is a word of its number."""

    vocabulary = V

    def decode(self, tokens: Sequence[int]) -> str:
        return "".join(f" {token}" for token in tokens if not V.is_special(token))

    def encode(self, text: str) -> tuple[int, ...]:
        return tuple(map(int, text.split()))


TEXT: Any = SimpleNamespace(codec=Codec(), vocabulary=V, context=448)


def said(*tokens: int, likely: float = -0.1) -> Written:
    cycles = tuple(Cycle((), 0, token, log_probabilities=(likely,)) for token in tokens)
    return Written(Decoded(tokens, cycles, True))


def sentence(start: float, word: int, end: float) -> tuple[int, int, int]:
    return STAMP + round(start / 0.02), word, STAMP + round(end / 0.02)


class Models:
    """Answers what a journey asks, and remembers it."""

    def __init__(self, *texts: Written, language: str = "nl") -> None:
        self.texts = list(texts)
        self.language = language
        self.encoded: list[Encode] = []
        self.written: list[WindowTask] = []
        self.detected: list[DetectLanguage] = []

    def run(self, steps: Any) -> Any:
        answer = None
        while True:
            try:
                task = steps.send(answer)
            except StopIteration as ended:
                return ended.value
            answer = self.answer(task)

    def answer(self, task: Any) -> Any:
        if isinstance(task, Encode):
            self.encoded.append(task)
            spent = Seconds(features=1, encode_main=10, encode_draft=100 if task.drafted else 0)
            return EncodedWindow(None, None, spent, len(task.samples) / SAMPLE_RATE)  # type: ignore[arg-type]
        if isinstance(task, DetectLanguage):
            self.detected.append(task)
            return Detected(Spoken(self.language, 0.9), 1000)
        if isinstance(task, Align):
            return Aligned(tuple(0.5 * n for n in range(len(task.tokens) + 1)), (0.9,) * len(task.tokens))
        if isinstance(task, Together):
            return [self.run(each) for each in task.journeys]
        assert isinstance(task, WindowTask)
        self.written.append(task)
        return self.texts.pop(0)


def travel(
    seconds: float,
    options: Options | None = None,
    *,
    language: str | None = "nl",
    ways: Sequence[str] = ("greedy",),
    on_update: Callable[[Update], None] | None = None,
    journal: Journal | None = None,
    **more: Any,
) -> Journey:
    return Journey(
        TEXT,
        Speech(np.zeros(round(seconds * SAMPLE_RATE), np.float32)),
        options or Options(),
        language=language,
        among=(),
        lookaheads={way: Fixed(4) if way == "speculative" else None for way in ways},  # type: ignore[misc]
        seed=5,
        loading=Seconds(audio=0.5),
        duration=seconds,
        report=lambda fraction, message: None,
        on_update=on_update,
        journal=journal,
        **more,
    )


def texts(outcome: Outcome) -> list[str]:
    return [segment.text for part in outcome.parts for segment in part.segments]


def test_each_window_begins_where_the_one_before_ended_and_is_told_its_text() -> None:
    first = said(*sentence(0, 7, 20), *sentence(20, 8, 29), STAMP + 1450)  # another one begins at 29 s
    models = Models(first, said(*sentence(0, 9, 10)))
    outcome = models.run(travel(39).by_timestamps())["greedy"]
    assert texts(outcome) == [" 7", " 8", " 9"]
    assert [len(task.samples) / SAMPLE_RATE for task in models.encoded] == [30, 10]
    assert models.written[0].prompt.before == ()
    assert {7, 8} <= set(models.written[1].prompt.before)
    assert [segment.start for part in outcome.parts for segment in part.segments] == [0, 20, 29]
    assert outcome.seconds == Seconds(audio=0.5, features=2, encode_main=20)
    assert not models.detected


def test_nobody_is_told_what_is_not_wanted() -> None:
    models = Models(said(*sentence(0, 7, 30)), said(*sentence(0, 9, 9)))
    options = Options(condition_on_previous_text=False, initial_prompt="1 2", hotwords="3")
    models.run(travel(39, options).by_timestamps())
    assert [task.prompt.before for task in models.written] == [(3, 1, 2), (3,)]


def test_the_language_is_found_out_once_or_for_every_window() -> None:
    for anew, times in ((False, 1), (True, 2)):
        models = Models(said(*sentence(0, 7, 30)), said(*sentence(0, 9, 9)))
        options = Options(language_per_window=anew)
        outcome = models.run(travel(39, options, language=None).by_timestamps())["greedy"]
        assert len(models.detected) == times
        assert outcome.spoken == Spoken("nl", 0.9)
        assert outcome.seconds.other == 1000 * times
        assert (len(models.detected[0].elsewhere()) > 0) is not anew


def test_a_comparison_encodes_a_window_once_while_the_ways_agree() -> None:
    same, other = said(*sentence(0, 7, 30)), said(*sentence(0, 8, 20), STAMP + 1000)
    last = [said(*sentence(0, 9, 10)) for _ in range(3)]
    models = Models(same, same, other, same, *last)
    runs = models.run(travel(70, ways=("greedy", "speculative")).by_timestamps())
    # Window 2: the draft's turn comes first and it stops early, so the ways are apart from there.
    assert [task.lookahead is None for task in models.written[:4]] == [True, False, False, True]
    assert len(models.encoded) == 4
    assert [task.drafted for task in models.encoded] == [True, True, True, False]
    assert runs["greedy"].seconds.encode_draft == 0
    assert runs["speculative"].seconds.encode_draft == 300


def test_a_journal_goes_on_where_it_was_left(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    windows = [said(*sentence(0, 7, 30)), said(*sentence(0, 8, 30)), said(*sentence(0, 9, 9))]
    told: list[Update] = []

    def stop(update: Update) -> None:
        told.append(update)

    steps = travel(69, on_update=stop, journal=Journal(path, "run")).by_timestamps()
    models, answer = Models(*windows), None
    with pytest.raises(StopIteration) as ended:
        while len(models.written) < 2:
            answer = models.answer(steps.send(answer))
        steps.throw(StopTranscribing())  # before the second window's text was settled
    outcome = ended.value.value["greedy"]
    assert (texts(outcome), outcome.stopped) == ([" 7"], True)
    again = Models(*windows[1:])
    whole = again.run(travel(69, on_update=told.append, journal=Journal(path, "run")).by_timestamps())
    assert texts(whole["greedy"]) == [" 7", " 8", " 9"]
    assert all(part.tries for part in whole["greedy"].parts)
    assert 7 in again.written[0].prompt.before
    assert [segment.text for update in told[1:] for segment in update.segments] == [" 7", " 8", " 9"]


def test_windows_between_pauses_do_not_know_of_each_other() -> None:
    models = Models(said(*sentence(0, 7, 5)), said(*sentence(1, 8, 4)), said(*sentence(0, 9, 2)))
    samples = np.zeros(100 * SAMPLE_RATE, np.float32)
    cuts = [SpeechSpan(start * SAMPLE_RATE, (start + 10) * SAMPLE_RATE) for start in (5, 40, 80)]
    options = Options(windows="pauses", initial_prompt="1 2")
    told: list[Update] = []
    outcome = models.run(travel(100, options, on_update=told.append).by_pauses(samples, cuts))["greedy"]
    assert [segment.text for update in told for segment in update.segments] == texts(outcome)
    assert texts(outcome) == [" 7", " 8", " 9"]
    assert [task.prompt.before for task in models.written] == [(1, 2), (), ()]
    starts = [segment.start for part in outcome.parts for segment in part.segments]
    assert starts == [5.0, 41.0, 80.0]


def test_fixed_windows_have_no_times_but_those_of_the_window() -> None:
    models = Models(said(7, 8), said(9))
    windows = windows_of(np.zeros(40 * SAMPLE_RATE, np.float32))
    journey = travel(40, Options(timestamps="none"), language=None)
    outcome = models.run(journey.fixed(windows))["greedy"]
    assert [(s.start, s.end, s.tokens) for part in outcome.parts for s in part.segments] == [
        (0.0, 30.0, (7, 8)),
        (30.0, 40.0, (9,)),
    ]
    assert not any(task.prompt.timestamps for task in models.written)
    assert not any(task.blank for task in models.encoded)
    assert len(models.detected) == 1


def test_every_window_has_draws_of_its_own() -> None:
    models = Models(said(7), said(8))
    windows = windows_of(np.zeros(40 * SAMPLE_RATE, np.float32))
    models.run(travel(40, Options(timestamps="none", temperature=0.5)).fixed(windows))
    seeds = [task.choice.seed for task in models.written]  # type: ignore[union-attr]
    assert len(set(seeds)) == 2
