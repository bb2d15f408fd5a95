"""A model ready to work: its network, its vocabulary, its text."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from specwhisper.audio.features import log_mel
from specwhisper.decoding.reader import NetworkReader
from specwhisper.models.caches import SelfCache
from specwhisper.models.network import Encoder, Network, build
from specwhisper.models.weights import Weights
from specwhisper.vocabulary.rules import (
    Rules,
    Suppress,
    SuppressAtBegin,
    begin_suppressed_tokens,
    suppressed_tokens,
)
from specwhisper.vocabulary.specials import Vocabulary
from specwhisper.vocabulary.text import TextCodec


@dataclass(frozen=True)
class Model:
    """One Whisper model on its device.

    Attributes:
        exact: False when the weights are a dequantised stand-in rather than the original ones.
        source: where the weights came from, for people.
    """

    name: str
    network: Network
    vocabulary: Vocabulary
    codec: TextCodec
    suppress: Suppress
    begin_suppressed: tuple[int, ...]
    cache: SelfCache
    exact: bool = True
    source: str = ""

    @classmethod
    def of(
        cls, weights: Weights, device: torch.device, dtype: torch.dtype, *, encoder: Encoder | None = None
    ) -> Model:
        """Put weights on a device; ``encoder`` is one with equal weights that is already there."""
        vocabulary = Vocabulary(weights.dims.vocab_size)
        codec = TextCodec(weights.tokenizer_file, vocabulary)
        config = weights.generation_config or {}
        suppressed = config.get("suppress_tokens") or suppressed_tokens(vocabulary, codec)
        begin = config.get("begin_suppress_tokens") or begin_suppressed_tokens(vocabulary, codec)
        network = build(weights.tensors, weights.dims, device, dtype, encoder=encoder)
        return cls(
            name=weights.name,
            network=network,
            vocabulary=vocabulary,
            codec=codec,
            suppress=Suppress.of(suppressed, vocabulary.size, device),
            begin_suppressed=tuple(begin),
            cache=network.new_cache(),
            exact=weights.exact,
            source=weights.source,
        )

    @property
    def context(self) -> int:
        """Longest sequence the decoder can hold, prompt included."""
        return self.network.dims.text_context

    def rules(self, prompt_length: int) -> Rules:
        """What may be written after a prompt of that length."""
        begin = SuppressAtBegin.of(
            self.begin_suppressed, self.vocabulary.size, self.network.device, prompt_length
        )
        return Rules((self.suppress, begin))

    def features(self, samples: torch.Tensor) -> torch.Tensor:
        """Log-mel of one window of at most 30 s: [1, n_mels, 3000] in the network's precision."""
        mel = log_mel(samples, self.network.dims.n_mels, device=self.network.device)
        return mel[None].to(self.network.dtype)

    def reader(self, states: torch.Tensor) -> NetworkReader:
        """A reader of the clip with these audio states [1, S, D]. One at a time: they share the cache."""
        return NetworkReader(self.network, self.network.decoder.hear(states), self.cache)
