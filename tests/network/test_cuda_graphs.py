"""Static passes, run eagerly, against ordinary ones. (Recording them needs a card.)"""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from specwhisper.decoding.acceptance import Greedy
from specwhisper.decoding.lookahead import Fixed
from specwhisper.decoding.reader import NetworkReader
from specwhisper.network.cuda_graphs import Graphs
from specwhisper.vocabulary.rules import Rules
from tests.decoding.alone import Drafting, write
from tests.fakes import dimensions, network, perturbed, random_tensors

DIMS = replace(dimensions(vocabulary=600, audio=20), text_context=40)
TENSORS = random_tensors(DIMS)
END = 599


@pytest.fixture(scope="module")
def nets():
    return network(DIMS, TENSORS), network(DIMS, perturbed(TENSORS, 0.02))


def encoded(net, seed: int, frames: int = 40):
    mel = torch.randn(1, 80, frames, generator=torch.Generator().manual_seed(seed))
    return net.decoder.keys_values(net.encoder(mel))


@pytest.mark.parametrize("width", [1, 2, 5, 9])
def test_static_passes_are_the_ordinary_ones(nets, width: int) -> None:
    net, text = nets[0], list(range(30, 57))
    ordinary = NetworkReader(net, encoded(net, 1), net.new_cache())
    static = Graphs(net).reader_of(encoded(net, 1))
    for at in range(0, len(text), width):
        part = text[at : at + width]
        torch.testing.assert_close(static.read(part, at), ordinary.read(part, at), atol=2e-4, rtol=1e-4)


def test_another_clip_takes_the_place_of_the_first(nets) -> None:
    net = nets[0]
    graphs = Graphs(net)
    for seed, frames in ((1, 40), (2, 40), (3, 24), (1, 40)):
        cross = encoded(net, seed, frames)
        static, ordinary = graphs.reader_of(cross), NetworkReader(net, cross, net.new_cache())
        torch.testing.assert_close(
            static.read([5, 6, 7], 0), ordinary.read([5, 6, 7], 0), atol=2e-4, rtol=1e-4
        )


def test_the_loop_writes_the_same_with_static_passes(nets) -> None:
    main, draft = nets

    def run(reader, drafting=None):
        return write(reader, [1, 2, 3], drafting, choice=Greedy(Rules(), 1e-3), end=END, limit=40).tokens

    greedy = run(NetworkReader(main, encoded(main, 4), main.new_cache()))
    drafting = Drafting.greedy(Graphs(draft).reader_of(encoded(draft, 4)), END, Fixed(4))
    assert run(Graphs(main).reader_of(encoded(main, 4)), drafting) == greedy
