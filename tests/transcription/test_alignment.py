"""The cheapest path through a matrix, and words from it."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from specwhisper.transcription.alignment import Aligned, warp
from specwhisper.transcription.words import timed_words
from specwhisper.vocabulary.words import joined


def cheapest(cost: np.ndarray) -> float:
    """By trying every path."""
    rows, columns = cost.shape
    best = np.inf
    for steps in itertools.product([(1, 1), (1, 0), (0, 1)], repeat=rows + columns - 2):
        place, price = (0, 0), cost[0, 0]
        for step in steps:
            if place == (rows - 1, columns - 1):
                break
            place = (place[0] + step[0], place[1] + step[1])
            if place[0] >= rows or place[1] >= columns:
                price = np.inf
                break
            price += cost[place]
        if place == (rows - 1, columns - 1):
            best = min(best, price)
    return best


@pytest.mark.parametrize("shape", [(1, 1), (1, 4), (4, 1), (2, 3), (3, 3), (3, 4)])
def test_no_path_is_cheaper(shape: tuple[int, int]) -> None:
    cost = np.random.default_rng(sum(shape)).random(shape)
    rows, columns = warp(cost)
    assert cost[rows, columns].sum() == pytest.approx(cheapest(cost))


def test_the_path_goes_corner_to_corner_one_step_at_a_time() -> None:
    cost = np.random.default_rng(1).random((40, 300))
    rows, columns = warp(cost)
    assert (rows[0], columns[0], rows[-1], columns[-1]) == (0, 0, 39, 299)
    steps = set(zip(np.diff(rows).tolist(), np.diff(columns).tolist(), strict=True))
    assert steps <= {(1, 1), (1, 0), (0, 1)}


@pytest.mark.parametrize(
    ("words", "groups"),
    [
        ([" Hello", ",", " world", "."], [[0, 1], [2, 3]]),
        ([" He", " said", ' "', "No", "!", '"'], [[0], [1], [2, 3, 4, 5]]),
        ([" ("], [[0]]),
        (["你", "好", "。"], [[0], [1, 2]]),
        ([], []),
    ],
)
def test_punctuation_belongs_to_its_word(words: list[str], groups: list[list[int]]) -> None:
    assert joined(words) == groups


class Letters:
    """A codec whose tokens are whole words of a list."""

    def __init__(self, *words: str) -> None:
        self.words = words

    def whole_characters(self, tokens):
        return [(self.words[token], (token,)) for token in tokens]


def test_words_of_segments_have_the_times_of_their_tokens() -> None:
    codec = Letters(" One", " two", ".", " Three")
    aligned = Aligned((0.1, 0.4, 0.8, 0.9, 1.2), (0.9, 0.8, 0.5, 0.7))
    first, second = timed_words(
        [(0, 1, 2), (3,)], [(0.0, 0.9), (0.9, 1.3)], aligned, codec, "en", silent_since=0.0
    )
    assert [(word.text, word.start, word.end) for word in first] == [(" One", 0.1, 0.4), (" two.", 0.4, 0.8)]
    assert [(word.text, word.start, word.end) for word in second] == [(" Three", 0.9, 1.2)]
    assert first[1].probability == 0.8


def test_a_word_after_a_pause_is_cut_to_usual_length() -> None:
    codec = Letters(" A", " b", " c", " d")
    aligned = Aligned((0.0, 5.0, 5.3, 5.6, 5.9), (1, 1, 1, 1))
    (words,) = timed_words([(0, 1, 2, 3)], [(0.0, 6.0)], aligned, codec, "en", silent_since=0.0)
    assert words[0].start == pytest.approx(5.0 - 0.6)
