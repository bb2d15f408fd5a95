"""Remaps over every id of every vocabulary: names survive, trips return, nothing vanishes silently."""

from __future__ import annotations

import itertools

import pytest

from specwhisper.errors import ModelError
from specwhisper.vocabulary.remap import Remap
from specwhisper.vocabulary.specials import Vocabulary

V2, V3, ENGLISH = Vocabulary(51_865), Vocabulary(51_866), Vocabulary(51_864)


def name(vocabulary: Vocabulary, token: int) -> str | int:
    return vocabulary.name(token) if vocabulary.is_special(token) else token


@pytest.mark.parametrize(
    ("source", "target"), [*itertools.permutations([V2, V3], 2), (V2, V2), (V3, V3), (ENGLISH, ENGLISH)]
)
def test_every_id_keeps_its_name_and_returns(source: Vocabulary, target: Vocabulary) -> None:
    there, back = Remap.between(source, target), Remap.between(target, source)
    assert len(there.table) == source.size
    for token in range(source.size):
        mapped = there.get(token)
        if mapped is None:
            assert there.table[token] == -1
            continue
        assert name(source, token) == name(target, mapped)
        assert back.get(mapped) == token


def test_timestamps_keep_their_time() -> None:
    there = Remap.between(V2, V3)
    for step in range(1501):
        assert there.get(V2.timestamp_begin + step) == V3.timestamp_begin + step


def test_the_counts() -> None:
    there, back = Remap.between(V2, V3), Remap.between(V3, V2)
    assert (there.identical, there.shifted, there.table.count(-1)) == (50_358, 1_507, 0)
    assert (back.identical, back.shifted, back.table.count(-1)) == (50_358, 1_507, 1)
    assert back.get(V3.languages["yue"]) is None


def test_a_prefix_ends_at_what_has_no_image() -> None:
    cantonese = V3.languages["yue"]
    assert Remap.between(V3, V2).prefix([11, V3.no_timestamps, cantonese, 12]) == [11, V2.no_timestamps]


@pytest.mark.parametrize("other", [V2, V3])
def test_english_only_has_no_id_map(other: Vocabulary) -> None:
    for pair in ((ENGLISH, other), (other, ENGLISH)):
        with pytest.raises(ModelError, match="merges"):
            Remap.between(*pair)
