"""Whisper's decoder as plain tensors; shapes are those of :mod:`specwhisper.network.network`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch
import torch.nn.functional as F

from specwhisper.network.attention import Attention, merge_heads, split_heads
from specwhisper.network.caches import Audio, AudioSlots, CrossCache, CrossSlots, SelfCache
from specwhisper.network.dimensions import HEAD_SIZE
from specwhisper.network.kernels import Kernel
from specwhisper.network.layers import DecoderLayer, Norm, Take
from specwhisper.network.recipes import Recipe


class AnyDecoder(Protocol):
    """Tokens, one or many per pass, to logits: :class:`Decoder`, or the fused one of a CPU."""

    head: Kernel
    table: torch.Tensor

    def keys_values(self, states: torch.Tensor) -> Audio:
        """The cross-attention keys and values of audio states [B, S, D], for every layer."""
        ...

    def slots(self, size: int) -> AudioSlots:
        """Rows of a batch that read different clips."""
        ...

    def __call__(
        self, tokens: torch.Tensor, start: torch.Tensor | int, cache: SelfCache, cross: Audio
    ) -> torch.Tensor:
        """See :meth:`Decoder.__call__`."""
        ...

    def read(
        self, tokens: Sequence[int], start: int, cache: SelfCache, cross: Audio, head: Kernel | None = None
    ) -> torch.Tensor:
        """See :meth:`Decoder.read`."""
        ...

    def logits(self, states: torch.Tensor, head: Kernel | None = None) -> torch.Tensor:
        """See :meth:`Decoder.logits`."""
        ...

    def pruned_head(self, kept: torch.Tensor) -> Kernel:
        """A head of the tokens ``kept`` (ids) alone: [..., D] states to [..., kept] logits."""
        ...

    def states(
        self, tokens: torch.Tensor, start: torch.Tensor | int, cache: SelfCache, cross: Audio
    ) -> torch.Tensor:
        """See :meth:`Decoder.states`."""
        ...

    def watch(
        self, tokens: torch.Tensor, cache: SelfCache, cross: Audio, heads: Sequence[tuple[int, int]]
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """See :meth:`Decoder.watch`."""
        ...


class Decoder:
    """Tokens, one or many per pass, to logits."""

    def __init__(
        self, take: Take, stored_table: torch.Tensor, layers: int, audio_context: int, recipe: Recipe
    ) -> None:
        head = take("decoder.embed_tokens.weight")
        self.table = head if recipe.float_head else stored_table
        self._make_head = recipe.head or recipe.make
        self._audio_context = audio_context
        self.head: Kernel = self._make_head(head, None)
        self.positions = take("decoder.embed_positions.weight")
        self.layers = tuple(
            DecoderLayer.of(take, f"decoder.layers.{index}", recipe.make) for index in range(layers)
        )
        self.norm = Norm.of(take, "decoder.layer_norm")
        self._attention = Attention()

    @torch.inference_mode()
    def keys_values(self, states: torch.Tensor) -> CrossCache:
        """The cross-attention keys and values of audio states [B, S, D], for every layer."""
        pairs = [layer.cross.key_value(states).chunk(2, dim=-1) for layer in self.layers]
        return CrossCache(
            tuple(self._attention.keep(split_heads(key), split_heads(value)) for key, value in pairs)
        )

    def slots(self, size: int) -> CrossSlots:
        """Rows of a batch that read different clips."""
        heads = self.positions.shape[1] // HEAD_SIZE
        dtype, device = self.positions.dtype, self.positions.device
        return CrossSlots(size, len(self.layers), heads, self._audio_context, device, dtype)

    @torch.inference_mode()
    def __call__(
        self, tokens: torch.Tensor, start: torch.Tensor | int, cache: SelfCache, cross: Audio
    ) -> torch.Tensor:
        """Read W tokens per row and return the logits after each of them.

        Args:
            tokens: [B, W] ids.
            start: position of the first token: one integer for all rows, or [B] with one per row.
            cache: keys and values of everything before ``start``; those of ``tokens`` are written into
                it from ``start`` on, over whatever an earlier, rejected pass left there.
            cross: the audio, from :meth:`keys_values`.

        Returns:
            [B, W, V] logits in float32.
        """
        return self.logits(self.states(tokens, start, cache, cross))

    @torch.inference_mode()
    def read(
        self, tokens: Sequence[int], start: int, cache: SelfCache, cross: Audio, head: Kernel | None = None
    ) -> torch.Tensor:
        """One row: the logits [W, V] after each of its tokens, which begin at ``start``."""
        ids = torch.tensor([tokens], device=self.positions.device)
        return self.logits(self.states(ids, start, cache, cross)[0], head)

    @torch.inference_mode()
    def logits(self, states: torch.Tensor, head: Kernel | None = None) -> torch.Tensor:
        """[..., D] states to [..., V] logits in float32; ``head`` is another than the model's own."""
        return (head or self.head)(states).float()

    def pruned_head(self, kept: torch.Tensor) -> Kernel:
        """A head of the tokens ``kept`` (ids) alone: [..., D] states to [..., kept] logits."""
        weight = F.embedding(kept.to(self.table.device), self.table).to(self.positions.dtype)
        return self._make_head(weight, None)

    @torch.inference_mode()
    def states(
        self, tokens: torch.Tensor, start: torch.Tensor | int, cache: SelfCache, cross: Audio
    ) -> torch.Tensor:
        """As :meth:`__call__`, but stops before the head: [B, W, D].

        In a small model the head is most of a pass; a batch asks it only about the rows that are no padding.
        """
        return self._through(tokens, start, cache, cross, [])

    @torch.inference_mode()
    def watch(
        self, tokens: torch.Tensor, cache: SelfCache, cross: Audio, heads: Sequence[tuple[int, int]]
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Read tokens [1, W] from the beginning and see how some heads of cross-attention score the audio.

        Args:
            heads: (layer, head) pairs.

        Returns:
            The states [1, W, D], and the scores before the softmax, [heads, W, S].
        """
        assert isinstance(cross, CrossCache)
        queries: list[torch.Tensor] = []
        states = self._through(tokens, 0, cache, cross, queries)
        scores = [
            split_heads(queries[layer])[0, head] @ cross.layers[layer][0][0, head] for layer, head in heads
        ]
        return states, torch.stack(scores)

    def _through(
        self,
        tokens: torch.Tensor,
        start: torch.Tensor | int,
        cache: SelfCache,
        cross: Audio,
        queries: list[torch.Tensor],
    ) -> torch.Tensor:
        """All layers; ``queries`` to the audio, [B, W, D] each, are left there for who wants them."""
        assert isinstance(cross, CrossCache)
        view = cache.view(start, tokens.shape[1])
        x = F.embedding(tokens, self.table).to(self.positions.dtype) + view.rows_of(self.positions)
        for index, layer in enumerate(self.layers):
            new = layer.attention.qkv(layer.attention.norm(x))
            new = new.view(*tokens.shape, 3, -1, HEAD_SIZE).permute(2, 0, 3, 1, 4)  # [3, B, H, W, 64]
            keys, values = view.write(index, new[1:])
            seen = self._attention.to_text(new[0], keys, values, view.mask)
            x = x + layer.attention.out(merge_heads(seen))
            query = layer.cross.query(layer.cross.norm(x))
            queries.append(query)
            x = x + layer.cross.out(self._attention.to_audio(query, *cross.layers[index], cross.padding_mask))
            x = x + layer.feed_forward(x)
        return self.norm(x)
