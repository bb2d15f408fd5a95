"""Noise makes a draw of a pick, repeats itself, and is the same for main and its draft."""

from __future__ import annotations

import torch

from specwhisper.decoding.noise import Noise
from tests.decoding.chances import fits

CPU = torch.device("cpu")


def test_picking_with_noise_draws_from_softmax_at_the_temperature() -> None:
    logits, temperature, draws = torch.tensor([[1.0, 0.0, 2.0, -1.0]]), 0.7, 20_000
    counts = torch.zeros(4)
    noise = Noise(temperature, 3, 4, CPU)
    for position in range(draws):
        counts[noise.apply(logits, [], position)[0].argmax()] += 1
    assert fits(counts, (logits[0] / temperature).softmax(-1).double()) > 1e-4


def test_a_position_has_one_noise_whatever_else_is_in_the_pass() -> None:
    logits = torch.randn(5, 100)
    together = Noise(1.0, 1, 100, CPU).apply(logits, [], 7)
    for index in range(5):
        alone = Noise(1.0, 1, 100, CPU).apply(logits[index : index + 1], [], 7 + index)
        assert torch.equal(together[index : index + 1], alone)


def test_seeds_and_positions_differ() -> None:
    rows = {tuple(Noise(1.0, seed, 8, CPU).rows(at, 1)[0].tolist()) for seed in range(5) for at in range(5)}
    assert len(rows) == 25


def test_among_some_tokens_it_is_theirs() -> None:
    logits, kept = torch.randn(2, 50), torch.tensor([3, 20, 41])
    noise = Noise(0.4, 9, 50, CPU)
    assert torch.equal(noise.among(kept).apply(logits[:, kept], [], 4), noise.apply(logits, [], 4)[:, kept])


def test_what_is_forbidden_stays_forbidden() -> None:
    logits = torch.tensor([[0.0, float("-inf")]])
    noise = Noise(1.0, 0, 2, CPU)
    assert all(noise.apply(logits, [], at)[0, 1] == float("-inf") for at in range(50))
