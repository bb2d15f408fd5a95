"""Models of true size whose weights are noise: they cost the same time as real ones, and are always there."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from specwhisper.network.build import build
from specwhisper.network.dimensions import Dimensions
from specwhisper.network.network import Network
from specwhisper.network.recipes import recipe_for
from specwhisper.network.small_head import SmallHead
from specwhisper.vocabulary.grammar import Grammar
from specwhisper.vocabulary.rules import Suppress, SuppressAtBegin
from specwhisper.vocabulary.specials import Vocabulary
from specwhisper.vocabulary.timestamps import Timestamps
from specwhisper.weights.tensor_names import tensor_shapes


@dataclass(frozen=True)
class Shaped:
    """As much of a model as passes need (see :class:`specwhisper.transcription.passes.Passable`)."""

    name: str
    network: Network

    @classmethod
    def of(cls, name: str, dims: Dimensions, device: torch.device, precision: str) -> Shaped:
        """Noise in the shape of a model, in half precision as it is stored."""
        made = torch.Generator().manual_seed(0)
        tensors = {
            tensor: torch.randn(shape, generator=made).mul_(0.02).half()
            for tensor, shape in tensor_shapes(dims).items()
        }
        return cls(name, build(tensors, dims, device, recipe_for(precision, device, plain=True)))

    @property
    def vocabulary(self) -> Vocabulary:
        return Vocabulary(self.network.dims.vocab_size)

    @property
    def context(self) -> int:
        return self.network.dims.text_context

    def head_of(self, language: str) -> None:
        """It has the whole one only."""
        return

    def grammar(self, head: SmallHead | None = None) -> Grammar:
        """Of its vocabulary, with nothing suppressed."""
        device, size = self.network.device, self.vocabulary.size
        none = Suppress.of([], size, device)
        return Grammar.of(none, SuppressAtBegin(none.bias, 0), Timestamps.of(self.vocabulary, 0))
