"""Attention: the decoder's over the audio and over the text so far, and the encoder's.

The audio's 1,500 keys are read by every step, by few queries: one row in greedy decoding, some dozens in a
verify pass. With the keys stored transposed, two batched products are quicker there than the library's
fused kernel, which is made for many queries (half its time for small on a CPU).

Shapes: B rows, H heads of 64, W queries per row, S audio positions, L text positions.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F

from specwhisper.network.dimensions import HEAD_SIZE


def split_heads(x: torch.Tensor) -> torch.Tensor:
    """[B, T, D] -> [B, H, T, 64]."""
    batch, length, width = x.shape
    return x.view(batch, length, width // HEAD_SIZE, HEAD_SIZE).transpose(1, 2)


def merge_heads(x: torch.Tensor) -> torch.Tensor:
    """[B, H, T, 64] -> [B, T, D]."""
    batch, heads, length, size = x.shape
    return x.transpose(1, 2).reshape(batch, length, heads * size)


class Attention:
    """How a decoder layer looks at the audio and at its own text, in the network's own floating point."""

    def keep(self, keys: torch.Tensor, values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """An audio's keys and values [B, H, S, 64] as :meth:`to_audio` wants them: the keys transposed."""
        return keys.transpose(2, 3).contiguous(), values.contiguous()

    def to_audio(
        self, query: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, padding_mask: torch.Tensor | None
    ) -> torch.Tensor:
        """What each position reads.

        Args:
            query: [B, W, D], already scaled by 1/sqrt(64).
            keys: [B, H, 64, S], or [1, H, 64, S] for one audio that all rows read.
            values: [B, H, S, 64], or [1, H, S, 64].
            padding_mask: [B, S], 0 where a row's audio is and -inf behind its end; None when all are as long.

        Returns:
            [B, W, D].
        """
        batch, width, size = query.shape
        if batch * width == 1 and keys.shape[0] == 1:
            scores = torch.bmm(query.view(-1, 1, HEAD_SIZE), keys[0])
            weights = (scores if padding_mask is None else scores + padding_mask).softmax(-1)
            return torch.bmm(weights, values[0]).view(1, 1, size)
        if keys.shape[0] == 1:
            # One audio: its rows are further queries, and nothing is copied.
            queries = query.view(batch * width, -1, HEAD_SIZE).transpose(0, 1)
            scores = torch.bmm(queries, keys[0])
            weights = (scores if padding_mask is None else scores + padding_mask).softmax(-1)
            return torch.bmm(weights, values[0]).transpose(0, 1).reshape(batch, width, size)
        queries = split_heads(query).flatten(0, 1)
        scores = torch.bmm(queries, keys.flatten(0, 1))
        if padding_mask is not None:
            scores = (scores.view(batch, -1, width, keys.shape[3]) + padding_mask[:, None, None]).flatten(
                0, 1
            )
        encoded = torch.bmm(scores.softmax(-1), values.flatten(0, 1))
        return merge_heads(encoded.view(batch, -1, width, HEAD_SIZE))

    def to_text(
        self, query: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, mask: torch.Tensor | None
    ) -> torch.Tensor:
        """What each position reads.

        Args:
            query: [B, H, W, 64].
            keys, values: [B, H, L, 64].
            mask: [W, L] or [B, 1, W, L], -inf where a position may not look, 0 elsewhere; None lets all
                look everywhere.

        Returns:
            [B, H, W, 64].
        """
        return F.scaled_dot_product_attention(query, keys, values, attn_mask=mask)
