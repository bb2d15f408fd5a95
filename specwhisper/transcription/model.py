"""A model ready to work: its network, its vocabulary, its text."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product

import torch

from specwhisper.audio.features import log_mel
from specwhisper.audio.waveform import SAMPLE_RATE
from specwhisper.decoding.device_slots import DeviceSlots
from specwhisper.decoding.reader import NetworkReader
from specwhisper.decoding.slots import Slots
from specwhisper.network.build import build
from specwhisper.network.caches import Audio, SelfCache
from specwhisper.network.cpu.packed_store import Source
from specwhisper.network.dimensions import Dimensions
from specwhisper.network.encoder import AnyEncoder
from specwhisper.network.network import Network
from specwhisper.network.recipes import Recipe
from specwhisper.network.recorder import Recorder
from specwhisper.network.small_head import SmallHead
from specwhisper.transcription.small_heads import SmallHeads
from specwhisper.vocabulary.grammar import Grammar
from specwhisper.vocabulary.rules import (
    Rules,
    Suppress,
    SuppressAtBegin,
    suppression,
)
from specwhisper.vocabulary.specials import Vocabulary
from specwhisper.vocabulary.text import TextCodec
from specwhisper.vocabulary.timestamps import Timestamps
from specwhisper.weights.weights import Weights

TRIMMED_MARGIN = 1.0
"""Seconds encoded beyond the end of a window that is not padded to 30 s."""

_SAMPLES_PER_POSITION = 320  # the encoder's hop: two log-mel frames of 160 samples


@dataclass(frozen=True)
class Model:
    """One Whisper model on its device.

    Attributes:
        exact: False when the weights are a dequantised stand-in rather than the original ones.
        source: where the weights came from, for people.
        margin: seconds encoded beyond the end of a short clip; None encodes the whole padded 30 s, as Whisper
            was trained. Main always does; a draft's encoder is quicker on what there is.
        heads: smaller output heads, one per language; None always uses the whole one.
        alignment_heads: (layer, head) pairs whose cross-attention follows the time; those of the upper half
            where nobody knows better.
        files: which its weights came from; None where they were made.
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
    margin: float | None = None
    heads: SmallHeads | None = None
    alignment_heads: tuple[tuple[int, int], ...] = ()
    files: Source | None = None

    @classmethod
    def of(
        cls,
        weights: Weights,
        device: torch.device,
        recipe: Recipe,
        *,
        encoder: AnyEncoder | None = None,
        codec: TextCodec | None = None,
        margin: float | None = None,
        small_heads: bool = False,
    ) -> Model:
        """Put weights on a device.

        Args:
            encoder: one with equal weights that is already there.
            codec: of another model; taken if it was made from the same file.
        """
        vocabulary = Vocabulary(weights.dims.vocab_size)
        if codec is None or (codec.file, codec.vocabulary) != (weights.tokenizer_file, vocabulary):
            codec = TextCodec(weights.tokenizer_file, vocabulary)
        suppressed, begin = suppression(weights.generation_config, vocabulary, codec)
        network = build(weights.tensors, weights.dims, device, recipe, encoder=encoder, source=weights.files)
        return cls(
            name=weights.name,
            network=network,
            vocabulary=vocabulary,
            codec=codec,
            suppress=Suppress.of(suppressed, vocabulary.size, device),
            begin_suppressed=begin,
            cache=network.new_cache(),
            exact=weights.exact,
            source=weights.source,
            alignment_heads=weights.alignment_heads or _upper_half(weights.dims),
            files=weights.files,
            margin=margin,
            heads=SmallHeads(network, vocabulary) if small_heads else None,
        )

    @property
    def context(self) -> int:
        """Longest sequence the decoder can hold, prompt included."""
        return self.network.dims.text_context

    def rules(self, prompt_length: int, *, timestamps: bool = False) -> Rules:
        """What may be written after a prompt of that length."""
        begin = SuppressAtBegin.of(
            self.begin_suppressed, self.vocabulary.size, self.network.device, prompt_length
        )
        if not timestamps:
            return Rules((self.suppress, begin))
        return Rules((self.suppress, begin, Timestamps.of(self.vocabulary, prompt_length)))

    def head_of(self, language: str) -> SmallHead | None:
        """The smaller output head for a language, where there is one."""
        return self.heads.of(language) if self.heads else None

    def grammar(self, head: SmallHead | None = None) -> Grammar:
        """The same rules as a table, over the columns of an output head."""
        suppress, begin = (
            self.suppress,
            SuppressAtBegin.of(self.begin_suppressed, self.vocabulary.size, self.network.device, 0),
        )
        timestamps = Timestamps.of(self.vocabulary, 0)
        if head is None:
            return Grammar.of(suppress, begin, timestamps)
        kept = head.kept
        return Grammar.of(suppress.among(kept), begin.among(kept), timestamps.among(kept))

    def slots(self, rows: int = 1, recorder: Recorder | None = None) -> Slots:
        """Rows to be written side by side.

        Args:
            recorder: of a card; None makes slots that hand out logits.
        """
        if recorder is None:
            return Slots(self.network, rows)
        return DeviceSlots(self.network, self.grammar, recorder, rows)

    def features(self, samples: torch.Tensor, *, blank: bool = False) -> torch.Tensor:
        """Log-mel of one window of at most 30 s: [1, n_mels, 3000] in the network's precision.

        Args:
            blank: see :func:`specwhisper.audio.features.log_mel`.
        """
        mel = log_mel(samples, self.network.dims.n_mels, device=self.network.device, blank=blank)
        return mel[None].to(self.network.dtype)

    def features_of(self, features: torch.Tensor, samples: int) -> torch.Tensor:
        """The part of a window's features that this model listens to."""
        return features[..., : 2 * self.positions_of(samples)]

    def positions_of(self, samples: int) -> int:
        """How many audio states this model makes of a window with so many samples."""
        most = self.network.dims.audio_context
        return most if self.margin is None else min(most, positions_with(samples, self.margin))

    def dummy_reader(self, samples: int) -> NetworkReader:
        """A reader of so much sound that no encoder saw: its passes cost what others cost, and it is there at
        once.
        """
        network = self.network
        shape = 1, self.positions_of(samples), network.dims.d_model
        states = torch.zeros(shape, dtype=network.dtype, device=network.device)
        return self.reader(network.decoder.keys_values(states))

    def reader(self, cross: Audio) -> NetworkReader:
        """A reader of an encoded window. One at a time: they share the cache."""
        return NetworkReader(self.network, cross, self.cache)


def positions_with(samples: int, margin: float) -> int:
    """Audio states of so many samples and so many seconds after them."""
    return math.ceil((samples + margin * SAMPLE_RATE) / _SAMPLES_PER_POSITION)


def _upper_half(dims: Dimensions) -> tuple[tuple[int, int], ...]:
    return tuple(product(range(dims.decoder_layers // 2, dims.decoder_layers), range(dims.heads)))
