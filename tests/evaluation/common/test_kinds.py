"""Proposals are counted where main looked at them, by place and by what they are."""

from __future__ import annotations

import pytest

from specwhisper.evaluation.common.kinds import by_kind, by_place, kind_of
from specwhisper.results import Cycle

CYCLES = (
    Cycle(proposed=(1, 2, 3), accepted=1, correction=9),  # looked at two
    Cycle(proposed=(1, 2), accepted=2, correction=9),
    Cycle(proposed=(), accepted=0, correction=9),
)


def test_by_place_ends_with_the_first_refused() -> None:
    assert by_place(CYCLES) == ((2, 2), (2, 1))


@pytest.mark.weights
def test_kinds_of_tokens(real_weights) -> None:
    from specwhisper.vocabulary.specials import Vocabulary
    from specwhisper.vocabulary.text import TextCodec

    weights = real_weights("tiny")
    vocabulary = Vocabulary(weights.dims.vocab_size)
    codec = TextCodec(weights.tokenizer_file, vocabulary)
    (hello,), (ing,), (comma,) = codec.encode(" hello"), codec.encode("ing"), codec.encode(",")
    assert kind_of(hello, codec) == "word start"
    assert kind_of(ing, codec) == "inside word"
    assert kind_of(comma, codec) == "punctuation"
    assert kind_of(vocabulary.timestamp_begin + 3, codec) == "timestamp"
    assert kind_of(vocabulary.end_of_text, codec) == "special"
    cycle = Cycle(proposed=(hello, ing, comma), accepted=1, correction=hello)
    assert by_kind([cycle], codec) == {"word start": (1, 1), "inside word": (1, 0)}
