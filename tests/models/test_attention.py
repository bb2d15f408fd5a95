"""Both ways to attend against the textbook, and the exact one bit by bit."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from specwhisper.models.attention import ExactAttention, FloatAttention, merge_heads, split_heads

HEADS, POSITIONS = 3, 200


def made(batch: int, width: int, scale: float = 1.0):
    g = torch.Generator().manual_seed(11)
    query = scale * torch.randn(batch, width, HEADS * 64, generator=g)
    keys, values = torch.randn(2, batch, HEADS, POSITIONS, 64, generator=g)
    return query, keys, values


def textbook(query, keys, values, silence=None):
    mask = None if silence is None else silence[:, None, None]
    return merge_heads(
        F.scaled_dot_product_attention(split_heads(query), keys, values, attn_mask=mask, scale=1.0)
    )


@pytest.mark.parametrize(("attention", "near"), [(FloatAttention(), 1e-5), (ExactAttention(), 0.05)])
@pytest.mark.parametrize(("batch", "width"), [(1, 1), (1, 7), (3, 1), (3, 7)])
def test_attention_to_audio(attention, near: float, batch: int, width: int) -> None:
    query, keys, values = made(batch, width, 0.3)
    found = attention.to_audio(query, *attention.keep(keys, values), None)
    assert (found - textbook(query, keys, values)).abs().max() < near


def test_one_audio_serves_all_rows() -> None:
    query, keys, values = made(4, 3)
    kept = FloatAttention().keep(keys[:1], values[:1])
    expected = textbook(query, keys[:1].expand(4, -1, -1, -1), values[:1].expand(4, -1, -1, -1))
    torch.testing.assert_close(FloatAttention().to_audio(query, *kept, None), expected)


def test_silence_hides_what_lies_behind_a_row_s_end() -> None:
    query, keys, values = made(2, 3)
    silence = torch.zeros(2, POSITIONS)
    silence[1, 50:] = float("-inf")
    found = FloatAttention().to_audio(query, *FloatAttention().keep(keys, values), silence)
    alone = textbook(query[1:], keys[1:, :, :50], values[1:, :, :50])
    torch.testing.assert_close(found[1:], alone, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("scale", [0.01, 1.0, 30.0])
def test_exact_rows_do_not_know_their_neighbours(scale: float) -> None:
    attention = ExactAttention()
    query, keys, values = made(1, 16, scale)
    kept = attention.keep(7.3 * keys, 0.11 * values)
    whole = attention.to_audio(query, *kept, None)
    for first in range(16):
        for last in range(first + 1, 17):
            assert torch.equal(attention.to_audio(query[:, first:last], *kept, None), whole[:, first:last])


def test_exact_rows_in_a_batch_are_those_of_a_single_pass() -> None:
    attention = ExactAttention()
    query, keys, values = made(4, 5)
    kept = attention.keep(keys, values)
    whole = attention.to_audio(query, *kept, None)
    for row in range(4):
        own = slice(row, row + 1)
        assert torch.equal(attention.to_audio(query[own], kept[0][own], kept[1][own], None), whole[own])


def test_exact_text_asks_every_position_alone() -> None:
    attention = ExactAttention()
    query, keys, values = made(1, 6)
    query = split_heads(query)
    mask = torch.ones(6, 30, dtype=torch.bool).tril(24)
    whole = attention.to_text(query, keys[:, :, :30], values[:, :, :30], mask)
    for at in range(6):
        end = 25 + at
        alone = attention.to_text(query[:, :, at : at + 1], keys[:, :, :end], values[:, :, :end], None)
        assert torch.equal(alone, whole[:, :, at : at + 1])
    torch.testing.assert_close(
        whole, F.scaled_dot_product_attention(query, keys[:, :, :30], values[:, :, :30], attn_mask=mask)
    )
