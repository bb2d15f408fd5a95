"""Which try at a window counts, on made-up texts and probabilities."""

from __future__ import annotations

from itertools import product
from types import SimpleNamespace

import pytest

from specwhisper.results import Cycle, Decoded, Seconds
from specwhisper.transcription.fallback import Attempt, attempts, compression_ratio, density, ranked
from specwhisper.transcription.options import Options
from specwhisper.transcription.tasks import EncodedWindow, Likeliest, WindowPrompt, WindowTask, Written

SAYINGS = ["Go forward.", "Stop here.", "Turn left."]
CHANT = "We will not move. " * 15
OPTIONS = Options()


class _Codec:
    vocabulary = SimpleNamespace(timestamp_begin=50_364)

    def __init__(self, tries: list[tuple[str, float]]) -> None:
        self.tries = tries

    def decode(self, tokens: tuple[int, ...]) -> str:
        return self.tries[tokens[0]][0]


def tried(tries: list[tuple[str, float]], no_speech: float = 0.0, seconds: float = 30.0) -> list[str]:
    """The texts of all tries that were made; the last of them counts."""
    codec = _Codec(tries)
    window = EncodedWindow(None, None, Seconds(), seconds)
    task = WindowTask(window, WindowPrompt("en", "transcribe", timestamps=True), Likeliest(), None)
    steps = attempts(task, OPTIONS, codec, seed=0, untold=task.prompt)
    asked = next(steps)
    for token, (_, likelihood) in enumerate(tries):
        assert asked.choice.temperature == OPTIONS.temperatures[token]
        # Two tokens' worth: the mean counts one more than there are.
        cycle = Cycle((), 0, token, log_probabilities=(2 * likelihood,))
        try:
            asked = steps.send(Written(Decoded((token,), (cycle,), True), no_speech))
        except StopIteration as ended:
            return [codec.decode(attempt.decoded.tokens) for attempt in ended.value]
    raise AssertionError("it asks for more tries than there are")


def test_a_good_first_try_is_the_only_one() -> None:
    assert tried([(SAYINGS[0], -0.3)]) == [SAYINGS[0]]


def test_a_good_try_replaces_a_poor_one() -> None:
    assert tried([(SAYINGS[0], -1.2), (SAYINGS[1], -0.9)]) == SAYINGS[:2]


def test_where_none_is_good_the_likeliest_counts() -> None:
    texts = [("a", -1.5), ("b", -1.2), ("c", -1.4), ("d", -2.0), ("e", -3.0), ("f", -4.0)]
    assert tried(texts) == ["a", "c", "d", "e", "f", "b"]


def test_what_is_said_again_and_again_survives_hotter_tries() -> None:
    assert compression_ratio(CHANT) > OPTIONS.compression_ratio_threshold
    garbage = [(f"xq {number} vrrm", -1.1 - number) for number in range(5)]
    assert tried([(CHANT, -0.2), *garbage], no_speech=0.9)[-1] == CHANT


def test_more_than_anybody_can_say_in_the_time_was_not_said() -> None:
    """A third of a second was left of a poem, and of its last line a model made a chant."""
    garbage = [(f"xq {number} vrrm", -1.1 - number) for number in range(5)]
    assert tried([(CHANT, -0.1), *garbage], seconds=0.4)[-1] == "xq 0 vrrm"
    assert tried([(CHANT, -0.1)], no_speech=0.8, seconds=0.4) == [CHANT]
    assert tried([(CHANT, -0.1), *garbage], no_speech=0.8, seconds=8.0)[-1] == CHANT


PROMPT = WindowPrompt("en", "transcribe", timestamps=True, before=(11, 12))
UNTOLD = WindowPrompt("en", "transcribe", timestamps=True)


def told(first: tuple[int, float], again: tuple[int, float], **options: bool) -> list[WindowPrompt]:
    """The prompt of each try, the one that counts last; a try is so many tokens in 30 s, and how likely."""
    window = EncodedWindow(None, None, Seconds(), 30.0)
    steps = attempts(
        WindowTask(window, PROMPT, Likeliest(), None), Options(**options), _Codec([("text", 0.0)]), 0, UNTOLD
    )
    asked, prompts = next(steps), {}
    for count, likelihood in (first, again):
        cycle = Cycle((), 0, 0, log_probabilities=((count + 1) * likelihood,))
        prompts[count] = asked.prompt
        try:
            asked = steps.send(Written(Decoded((0,) * count, (cycle,), True), 0.0))
        except StopIteration as ended:
            return [prompts[len(attempt.decoded.tokens)] for attempt in ended.value]
    raise AssertionError("it asks for more tries than there are")


def test_too_short_a_text_is_asked_for_again_without_what_was_written_before() -> None:
    assert told((30, -0.5), (90, -0.2)) == [PROMPT, UNTOLD]
    assert told((60, -0.5), (90, -0.2)) == [PROMPT]


def test_the_other_text_counts_only_if_it_is_longer_and_likelier() -> None:
    assert told((30, -0.2), (90, -0.5)) == [UNTOLD, PROMPT]
    assert told((30, -0.5), (20, -0.2)) == [UNTOLD, PROMPT]
    assert told((30, -0.5), (90, -0.2), fallback=False) == [PROMPT]


def test_little_sound_is_not_judged_by_how_much_is_said() -> None:
    stamp = _Codec.vocabulary.timestamp_begin
    assert density([1] * 90, stamp, 30.0) == 3.0
    assert density([stamp, 1, 1, stamp + 600, stamp + 600, 1], stamp, 30.0) == 3 / 12
    assert density([1], stamp, 9.0) == 3.0


def test_silence_is_judged_by_the_first_try() -> None:
    assert tried([("you", -1.5), (SAYINGS[0], -0.2)], no_speech=0.9) == ["you"]
    loud = tried([(CHANT, -0.2), ("you", -1.5), (SAYINGS[0], -0.5)], no_speech=0.9)
    assert loud[-1] == SAYINGS[0]  # the second try did not end it


@pytest.mark.parametrize("count", [1, 2, 3])
def test_no_rejected_text_is_better_than_the_accepted_one(count: int) -> None:
    """Whatever comes out: good before poor, then what can have been said, then the likelier."""
    ratios, likelihoods = (1.5, 2.4, 2.5), (-0.1, -1.0, -1.1, -2.0)
    every = list(product(ratios, likelihoods, (True, False)))
    for values in product(every, repeat=count):
        made = [
            Attempt(Decoded((), (), True), 0.2 * i, ratio, likelihood, 0.0, sayable=sayable)
            for i, (ratio, likelihood, sayable) in enumerate(values)
        ]
        *rejected, accepted = ranked(made, OPTIONS)

        def score(each: Attempt) -> tuple[bool, bool, float]:
            return each.good(OPTIONS), each.sayable, each.avg_logprob

        assert all(score(accepted) >= score(each) for each in rejected)
        assert len(rejected) == count - 1
