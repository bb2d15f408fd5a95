"""Attention against the textbook."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from specwhisper.network.attention import Attention, merge_heads, split_heads

HEADS, POSITIONS = 3, 200


def made(batch: int, width: int, scale: float = 1.0):
    g = torch.Generator().manual_seed(11)
    query = scale * torch.randn(batch, width, HEADS * 64, generator=g)
    keys, values = torch.randn(2, batch, HEADS, POSITIONS, 64, generator=g)
    return query, keys, values


def textbook(query, keys, values, padding_mask=None):
    mask = None if padding_mask is None else padding_mask[:, None, None]
    return merge_heads(
        F.scaled_dot_product_attention(split_heads(query), keys, values, attn_mask=mask, scale=1.0)
    )


@pytest.mark.parametrize(("batch", "width"), [(1, 1), (1, 7), (3, 1), (3, 7)])
def test_attention_to_audio(batch: int, width: int) -> None:
    query, keys, values = made(batch, width, 0.3)
    found = Attention().to_audio(query, *Attention().keep(keys, values), None)
    assert (found - textbook(query, keys, values)).abs().max() < 1e-5


def test_one_audio_serves_all_rows() -> None:
    query, keys, values = made(4, 3)
    kept = Attention().keep(keys[:1], values[:1])
    expected = textbook(query, keys[:1].expand(4, -1, -1, -1), values[:1].expand(4, -1, -1, -1))
    torch.testing.assert_close(Attention().to_audio(query, *kept, None), expected)


def test_silence_hides_what_lies_behind_a_row_s_end() -> None:
    query, keys, values = made(2, 3)
    padding_mask = torch.zeros(2, POSITIONS)
    padding_mask[1, 50:] = float("-inf")
    found = Attention().to_audio(query, *Attention().keep(keys, values), padding_mask)
    alone = textbook(query[1:], keys[1:, :, :50], values[1:, :, :50])
    torch.testing.assert_close(found[1:], alone, rtol=1e-4, atol=1e-5)
