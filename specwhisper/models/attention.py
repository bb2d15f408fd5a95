"""Attention of the decoder: over the audio, and over the text so far.

The audio's 1,500 keys are read by every step, by few queries: one row in greedy decoding, some dozens in a
verify pass. With the keys stored transposed, two batched products are quicker there than the library's
fused kernel, which is made for many queries (half its time for small on a CPU).

Two ways to do the same thing. :class:`FloatAttention` is the ordinary one; its sums depend, in their last
bits, on how many rows are in the pass. :class:`ExactAttention` gives a row the same bits whatever else is
in the pass; int8 needs that, because rounding to 8 bits would blow a last bit up into another token.

Shapes: B rows, H heads of 64, W queries per row, S audio positions, L text positions.
"""

from __future__ import annotations

from typing import Protocol

import torch
import torch.nn.functional as F

from specwhisper.models.dimensions import HEAD_SIZE


def split_heads(x: torch.Tensor) -> torch.Tensor:
    """[B, T, D] -> [B, H, T, 64]."""
    batch, length, width = x.shape
    return x.view(batch, length, width // HEAD_SIZE, HEAD_SIZE).transpose(1, 2)


def merge_heads(x: torch.Tensor) -> torch.Tensor:
    """[B, H, T, 64] -> [B, T, D]."""
    batch, heads, length, size = x.shape
    return x.transpose(1, 2).reshape(batch, length, heads * size)


class Attention(Protocol):
    """How a decoder layer looks at the audio and at its own text."""

    def keep(self, keys: torch.Tensor, values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """An audio's keys and values [B, H, S, 64] as :meth:`to_audio` wants them: the keys transposed."""
        ...

    def to_audio(
        self, query: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, silence: torch.Tensor | None
    ) -> torch.Tensor:
        """What each position hears.

        Args:
            query: [B, W, D], already scaled by 1/sqrt(64).
            keys: [B, H, 64, S], or [1, H, 64, S] for one audio that all rows hear.
            values: [B, H, S, 64], or [1, H, S, 64].
            silence: [B, S], 0 where a row's audio is and -inf behind its end; None when all are as long.

        Returns:
            [B, W, D].
        """
        ...

    def to_text(
        self, query: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, mask: torch.Tensor | None
    ) -> torch.Tensor:
        """What each position reads.

        Args:
            query: [B, H, W, 64].
            keys, values: [B, H, L, 64].
            mask: [W, L] or [B, 1, W, L], True where a position may look; None lets all look everywhere.

        Returns:
            [B, H, W, 64].
        """
        ...


class FloatAttention:
    """In the network's own floating point."""

    def keep(self, keys: torch.Tensor, values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return keys.transpose(2, 3).contiguous(), values.contiguous()

    def to_audio(
        self, query: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, silence: torch.Tensor | None
    ) -> torch.Tensor:
        batch, width, size = query.shape
        if batch * width == 1 and keys.shape[0] == 1:
            weights = self._weights(torch.bmm(query.view(-1, 1, HEAD_SIZE), keys[0]))
            return torch.bmm(weights, values[0]).view(1, 1, size)
        if keys.shape[0] == 1:
            # One audio: its rows are further queries, and nothing is copied.
            queries = query.view(batch * width, -1, HEAD_SIZE).transpose(0, 1)
            weights = self._weights(torch.bmm(queries, keys[0]))
            return torch.bmm(weights, values[0]).transpose(0, 1).reshape(batch, width, size)
        queries = split_heads(query).flatten(0, 1)
        scores = torch.bmm(queries, keys.flatten(0, 1))
        if silence is not None:
            scores = (scores.view(batch, -1, width, keys.shape[3]) + silence[:, None, None]).flatten(0, 1)
        heard = torch.bmm(self._weights(scores), values.flatten(0, 1))
        return merge_heads(heard.view(batch, -1, width, HEAD_SIZE))

    def to_text(
        self, query: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, mask: torch.Tensor | None
    ) -> torch.Tensor:
        return F.scaled_dot_product_attention(query, keys, values, attn_mask=mask)

    def _weights(self, scores: torch.Tensor) -> torch.Tensor:
        return scores.softmax(-1)


class ExactAttention(FloatAttention):
    """The same bits for a row in every pass (float32).

    A sum of floats is exact, and so does not depend on its order, when every term is a multiple of one
    power of two and no partial sum needs more than the 24 bits of a mantissa. Queries, keys and values
    are rounded to 9 bits and a sign, attention weights to multiples of 2^-14: then 64 products of query
    and key (9 + 9 + 6 bits), and values weighted by what sums up to 1 (14 + 9 bits), stay within them.

    Over the text, which is short, every position is simply asked alone, as greedy decoding asks it.
    """

    def keep(self, keys: torch.Tensor, values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        # A key's 64 numbers are summed with each other, a value's with those of all other positions.
        return super().keep(_rounded(keys, -1), _rounded(values, -2))

    def to_audio(
        self, query: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, silence: torch.Tensor | None
    ) -> torch.Tensor:
        shape = query.shape
        query = _rounded(query.view(*shape[:-1], -1, HEAD_SIZE), -1).view(shape)
        return super().to_audio(query, keys, values, silence)

    def to_text(
        self, query: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, mask: torch.Tensor | None
    ) -> torch.Tensor:
        batch, _, width, _ = query.shape
        if batch == width == 1:
            return super().to_text(query, keys, values, None)
        seen = [[keys.shape[2]] * width] * batch
        if mask is not None:
            seen = mask.sum(-1).view(-1, width).expand(batch, -1).tolist()
        rows = []
        for row in range(batch):
            own = slice(row, row + 1)
            alone = [
                super(ExactAttention, self).to_text(
                    query[own, :, at : at + 1], keys[own, :, :end], values[own, :, :end], None
                )
                for at, end in enumerate(seen[row])
            ]
            rows.append(torch.cat(alone, dim=2))
        return torch.cat(rows)

    def _weights(self, scores: torch.Tensor) -> torch.Tensor:
        # Added to a number whose last bit is 2^-14, a weight loses what lies below that.
        return scores.softmax(-1).add_(_WEIGHT_GRID).sub_(_WEIGHT_GRID)


_WEIGHT_GRID = 768.0  # between 2^9 and 2^10, so its last bit is 2^(9 - 23)
_GRID = 2.0**15  # times a largest magnitude of 2^e..2^(e+1): last bit 2^(e - 8), so at most 512 steps


def _rounded(x: torch.Tensor, dim: int) -> torch.Tensor:
    """``x`` in multiples of a power of two that fits the largest magnitude along ``dim``."""
    grid = x.abs().amax(dim, keepdim=True)
    return torch.add(x, grid, alpha=_GRID).sub_(grid, alpha=_GRID)
