"""A draft's smaller heads: the same logits for what they keep, and the same text in the end."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from specwhisper.decoding.drafters.model import Speaker
from specwhisper.decoding.reader import NetworkReader
from specwhisper.transcription.loading import load
from specwhisper.transcription.small_heads import KEPT, KEPT_ELSEWHERE, SmallHeads
from specwhisper.vocabulary.rules import Rules, Suppress
from specwhisper.vocabulary.specials import Vocabulary
from tests.clips import ENGLISH, path_of
from tests.fakes import CPU, dimensions, network, random_tensors

VOCABULARY = Vocabulary(51_865)
DIMS = replace(dimensions(), text_context=32)


@pytest.fixture(scope="module")
def net():
    return network(DIMS, random_tensors(DIMS))


def reader(net) -> NetworkReader:
    mel = torch.randn(1, 80, 40, generator=torch.Generator().manual_seed(2))
    return NetworkReader(net, net.decoder.keys_values(net.encoder(mel)), net.new_cache())


def test_a_small_head_gives_the_logits_of_the_whole_one(net) -> None:
    small = SmallHeads(net, VOCABULARY).of("en")
    whole = reader(net).read([50258, 1, 2], 0)
    found = reader(net).read([50258, 1, 2], 0, small.head)
    torch.testing.assert_close(found, whole[:, small.kept])


def test_a_draft_with_a_small_head_writes_the_best_of_what_it_knows(net) -> None:
    small = SmallHeads(net, VOCABULARY).of("nl")
    forbidden = Suppress.of(small.ids[:50], VOCABULARY.size, CPU)
    draft = Speaker(Rules((forbidden,)), VOCABULARY.end_of_text, small)
    draft.context.begin([50258, 1, 2])
    token, probability = draft.best(reader(net).read([50258, 1, 2], 0, small.head)[-1:], small)
    known = torch.full((VOCABULARY.size,), float("-inf"))
    known[small.kept] = reader(net).read([50258, 1, 2], 0)[-1][small.kept]
    known[list(small.ids[:50])] = float("-inf")
    assert token == int(known.argmax())
    assert probability == pytest.approx(float(known.softmax(-1)[token]), rel=1e-3)


def test_heads_are_made_once_and_only_where_frequencies_are_known(net) -> None:
    heads = SmallHeads(net, VOCABULARY)
    assert heads.of("en") is heads.of("en")
    assert len(heads.of("en").ids) == KEPT["en"] + VOCABULARY.size - VOCABULARY.end_of_text
    assert len(heads.of("nl").ids) == KEPT_ELSEWHERE + VOCABULARY.size - VOCABULARY.end_of_text
    assert heads.of("haw") is None


@pytest.mark.weights
def test_the_plain_twin_writes_the_same(real_pair) -> None:
    quick, plain = real_pair("base+tiny"), load("base+tiny", "cpu", plain=True)
    assert plain.draft.heads is None
    assert plain.draft.margin is None
    one, other = (each.transcribe(path_of(ENGLISH), language="en") for each in (quick, plain))
    assert one.tokens == other.tokens
    assert quick.memory.draft < 0.6 * plain.memory.draft
