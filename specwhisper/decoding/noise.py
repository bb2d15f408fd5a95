"""Drawing by picking: noise that turns the best token into a draw.

The largest of (logit / temperature + Gumbel noise) is a draw from softmax(logits / temperature) (Gumbel 1954;
Maddison et al. 2014, "A* Sampling"). Here the noise of a position depends on a seed and the position alone.
So main's text at a temperature is a function of the audio and the seed, as it is without temperature, and
speculation can check it as it checks greedy text: token for token, with the same result as main alone. A
draft that adds the same noise to its own logits draws the same token most of the time (Daliri et al. 2024,
"Coupling without Communication and Drafter-Invariant Speculative Decoding").

decoding.sampling.sampled is the other way: it accepts a little more, but its text depends on the draft.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

_POSITIONS = 1_000_003  # a prime beyond any position, so that seeds and positions never collide


class Noise:
    """A rule (see ``vocabulary.rules.Rule``), the last one: logits / temperature + noise.

    Main and its draft share one, so that the noise of a position is made once.

    Args:
        temperature: above 0.
        seed: of all positions.
        size: of the vocabulary; the larger one, where main and draft differ.
        device: of the logits.
    """

    def __init__(self, temperature: float, seed: int, size: int, device: torch.device) -> None:
        self._temperature = temperature
        self._seed = seed
        self._size = size
        self._device = device
        self._made: dict[int, torch.Tensor] = {}

    def apply(self, logits: torch.Tensor, tokens: Sequence[int], first: int) -> torch.Tensor:
        return logits / self._temperature + self.rows(first, logits.shape[0])[:, : logits.shape[1]]

    def among(self, kept: torch.Tensor) -> NoiseAmong:
        return NoiseAmong(self, kept, self._temperature)

    def rows(self, first: int, count: int) -> torch.Tensor:
        """The noise of ``count`` positions: [count, size]."""
        return torch.stack([self._of(position) for position in range(first, first + count)])

    def _of(self, position: int) -> torch.Tensor:
        if position not in self._made:
            # On the CPU wherever the models are: a seed then means the same on every device.
            made = torch.Generator().manual_seed((self._seed * _POSITIONS + position) % 2**63)
            waited = torch.empty(self._size).exponential_(generator=made)
            self._made[position] = waited.clamp_(min=1e-30).log_().neg_().to(self._device)
        return self._made[position]


class NoiseAmong:
    """The same noise for the tokens ``kept`` alone."""

    def __init__(self, noise: Noise, kept: torch.Tensor, temperature: float) -> None:
        self._noise = noise
        self._kept = kept
        self._temperature = temperature

    def apply(self, logits: torch.Tensor, tokens: Sequence[int], first: int) -> torch.Tensor:
        return logits / self._temperature + self._noise.rows(first, logits.shape[0])[:, self._kept]

    def among(self, kept: torch.Tensor) -> NoiseAmong:
        return NoiseAmong(self._noise, self._kept[kept], self._temperature)
