"""A draft's output head without the tokens its language hardly uses."""

from __future__ import annotations

import torch

from specwhisper.network.network import Network
from specwhisper.network.small_head import SmallHead
from specwhisper.vocabulary.frequent import kept_ids
from specwhisper.vocabulary.specials import Vocabulary

KEPT = {"en": 16_000}
"""Text tokens kept; English needs more than others, for the vocabulary was made for it."""

KEPT_ELSEWHERE = 8_000


class SmallHeads:
    """One head per language, made when it is first needed and kept (a few megabytes each).

    What a head leaves out is never proposed; main still writes it, so only speed is at stake. Specials and
    timestamps are always kept. (Vocabulary trimming as in FR-Spec, Zhao et al. 2025, "Accelerating
    Large-Vocabulary Language Models via Frequency-Ranked Speculative Sampling".)
    """

    def __init__(self, network: Network, vocabulary: Vocabulary) -> None:
        self._network = network
        self._vocabulary = vocabulary
        self._heads: dict[str, SmallHead | None] = {}

    def of(self, language: str) -> SmallHead | None:
        """The head for a language; None where no frequencies of it are known."""
        if language not in self._heads:
            kept = kept_ids(self._vocabulary, language, KEPT.get(language, KEPT_ELSEWHERE))
            self._heads[language] = None if kept is None else self._make(torch.from_numpy(kept))
        return self._heads[language]

    def _make(self, kept: torch.Tensor) -> SmallHead:
        kept = kept.to(self._network.device)
        return SmallHead(self._network.decoder.pruned_head(kept), kept, kept.tolist())
