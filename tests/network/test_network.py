"""The network against itself (any width, any order of passes) and against transformers."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from specwhisper.decoding.acceptance import Greedy
from specwhisper.decoding.lookahead import Fixed
from specwhisper.decoding.reader import NetworkReader
from specwhisper.network.build import build, encoder_digest
from specwhisper.network.footprint import encoder_bytes, network_bytes
from specwhisper.network.recipes import Recipe
from specwhisper.vocabulary.rules import Rules
from tests.decoding.alone import Drafting, write
from tests.fakes import CPU, dimensions, network, perturbed, random_tensors
from tests.hf import transformers_model
from tests.marks import EXHAUSTIVE

VOCABULARY = 51_865
PROMPT = [50258, 50259, 50359, 50363]
END = 50257
DIMS = dimensions()
TENSORS = random_tensors(DIMS)
TOKENS = [*PROMPT, 11, 222, 3333, 44, 55, 6666, 777, 8]


@pytest.fixture(scope="module")
def main():
    return network(DIMS, TENSORS)


@pytest.fixture(scope="module")
def states(main):
    return main.encoder(torch.randn(1, 80, 100, generator=torch.Generator().manual_seed(3)))


def drafter(read, k: int) -> Drafting:
    return Drafting.greedy(read, END, Fixed(k))


def reader(net, states):
    return NetworkReader(net, net.decoder.keys_values(states), net.new_cache())


@pytest.fixture(scope="module")
def whole(main, states):
    return reader(main, states).read(TOKENS, 0)


@pytest.mark.parametrize("width", range(1, len(TOKENS) + 1))
def test_every_width_gives_the_same_logits(main, states, whole, width: int) -> None:
    read = reader(main, states)
    rows = torch.cat([read.read(TOKENS[i : i + width], i) for i in range(0, len(TOKENS), width)])
    torch.testing.assert_close(rows, whole, atol=2e-4, rtol=1e-4)


def test_what_was_rejected_leaves_no_trace(main, states, whole) -> None:
    read = reader(main, states)
    read.read(TOKENS[:5], 0)
    read.read([1, 2, 3, 4, 5, 6, 7, 8, 9], 5)
    rows = read.read(TOKENS[5:7], 5)
    read.read([9, 9, 9], 7)
    rows = torch.cat([rows, read.read(TOKENS[7:], 7)])
    torch.testing.assert_close(rows, whole[5:], atol=2e-4, rtol=1e-4)


def test_a_used_cache_serves_the_next_clip(main, states, whole) -> None:
    cache = main.new_cache()
    other = main.encoder(torch.randn(1, 80, 100))
    NetworkReader(main, main.decoder.keys_values(other), cache).read(list(range(40)), 0)
    rows = NetworkReader(main, main.decoder.keys_values(states), cache).read(TOKENS, 0)
    torch.testing.assert_close(rows, whole, atol=2e-4, rtol=1e-4)


def test_rows_of_a_batch_stand_at_their_own_positions(main) -> None:
    mel = torch.randn(3, 80, 100, generator=torch.Generator().manual_seed(4))
    states = main.encoder(mel)
    cross, cache = main.decoder.keys_values(states), main.new_cache(rows=3)
    lengths = [5, 9, 7]
    main.decoder(torch.tensor([TOKENS[:9]] * 3), 0, cache, cross)
    start = torch.tensor(lengths)
    step = torch.tensor([TOKENS[length : length + 3] for length in lengths])
    batched = main.decoder(step, start, cache, cross)
    for row, length in enumerate(lengths):
        alone = reader(main, states[row : row + 1]).read(TOKENS[: length + 3], 0)[length:]
        torch.testing.assert_close(batched[row], alone, atol=2e-4, rtol=1e-4)


def test_a_batch_of_prompts_equals_single_prompts(main) -> None:
    states = main.encoder(torch.randn(4, 80, 100, generator=torch.Generator().manual_seed(5)))
    prompts = [[50258, 50259 + row, 50359, 50363] for row in range(4)]
    batched = main.decoder(torch.tensor(prompts), 0, main.new_cache(rows=4), main.decoder.keys_values(states))
    for row, prompt in enumerate(prompts):
        alone = reader(main, states[row : row + 1]).read(prompt, 0)
        torch.testing.assert_close(batched[row], alone, atol=2e-4, rtol=1e-4)


@pytest.mark.parametrize("k", [1, 4, 7, *(pytest.param(k, marks=EXHAUSTIVE) for k in (2, 3, 5, 6, 8))])
def test_speculative_equals_greedy_on_random_weights(main, states, k: int) -> None:
    draft = network(DIMS, perturbed(TENSORS, 0.15))

    def run(drafting=None):
        return write(reader(main, states), PROMPT, drafting, choice=Greedy(Rules(), 1e-3), end=END, limit=60)

    greedy = run()
    speculative = run(drafter(reader(draft, draft.encoder(torch.zeros(1, 80, 100))), k))
    assert speculative.tokens == greedy.tokens
    own = run(drafter(reader(main, states), k))
    assert own.tokens == greedy.tokens
    assert all(cycle.accepted == len(cycle.proposed) for cycle in own.cycles)


@pytest.mark.parametrize(("vocabulary", "mels"), [(51_864, 80), (51_865, 80), (51_866, 128)])
def test_logits_equal_those_of_transformers(vocabulary: int, mels: int) -> None:
    dims = dimensions(vocabulary=vocabulary, mels=mels)
    tensors = random_tensors(dims, seed=7)
    ours, theirs = network(dims, tensors), transformers_model(dims, tensors)
    mel = torch.randn(2, mels, 100, generator=torch.Generator().manual_seed(6))
    tokens = torch.tensor([TOKENS, TOKENS[::-1]])
    with torch.inference_mode():
        expected = theirs(input_features=mel, decoder_input_ids=tokens).logits
    states = ours.encoder(mel)
    found = ours.decoder(tokens, 0, ours.new_cache(rows=2), ours.decoder.keys_values(states))
    torch.testing.assert_close(found, expected, atol=5e-4, rtol=1e-4)


def test_a_shared_encoder_is_recognised_and_loaded_once() -> None:
    distilled = {name: tensor for name, tensor in TENSORS.items() if not name.startswith("decoder.layers.1.")}
    assert encoder_digest(TENSORS) == encoder_digest(distilled)
    assert encoder_digest(TENSORS) != encoder_digest(perturbed(TENSORS, 1e-4))
    main = network(DIMS, TENSORS)
    small = replace(DIMS, decoder_layers=1)
    draft = build(distilled, small, CPU, Recipe(), encoder=main.encoder)
    assert draft.encoder is main.encoder
    assert len(draft.decoder.layers) == 1
    # Its extra memory is its decoder alone.
    own = network(small, distilled)
    assert network_bytes(draft, without_encoder=True) == network_bytes(own) - encoder_bytes(own.encoder)


def test_the_memory_of_a_network_is_that_of_its_tensors(main) -> None:
    # In float32 and plain kernels: every tensor once, and a zero bias for the fused keys of each attention.
    stored = sum(4 * tensor.numel() for tensor in TENSORS.values())
    attentions = DIMS.encoder_layers + 2 * DIMS.decoder_layers
    assert network_bytes(main) == stored + attentions * 4 * DIMS.d_model
