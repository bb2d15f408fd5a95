"""Every kernel against the plain one, and the promise that rows do not know their neighbours."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from specwhisper.models.kernels import (
    ByWidth,
    LooseInt8,
    Packed,
    Plain,
    PlainInt8,
    RowInt8,
    WideInt8,
    has_int8,
    has_packed,
)

FLOAT = [Plain, Packed, ByWidth]
INT8 = [RowInt8, WideInt8, PlainInt8]

pytestmark = pytest.mark.skipif(not (has_int8() and has_packed()), reason="kernels of x86 processors")


def made(rows: int = 16, inputs: int = 128, outputs: int = 192):
    g = torch.Generator().manual_seed(5)
    x = torch.randn(1, rows, inputs, generator=g) * torch.logspace(-2, 2, rows)[:, None]
    return x, torch.randn(outputs, inputs, generator=g) / inputs**0.5, torch.randn(outputs, generator=g)


@pytest.mark.parametrize("biased", [True, False])
@pytest.mark.parametrize("maker", FLOAT)
def test_float_kernels_are_the_library_s(maker, biased: bool) -> None:
    x, weight, bias = made()
    kernel = maker(weight, bias if biased else None)
    for rows in (1, 3, 4, 16):
        expected = F.linear(x[:, :rows], weight, bias if biased else None)
        torch.testing.assert_close(kernel(x[:, :rows]), expected, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("biased", [True, False])
@pytest.mark.parametrize("maker", [*INT8, LooseInt8])
def test_int8_is_near(maker, biased: bool) -> None:
    x, weight, bias = made()
    x = x / x.abs().amax(-1, keepdim=True)  # LooseInt8 has one scale for all rows
    kernel = maker(weight, bias if biased else None)
    expected = F.linear(x, weight, bias if biased else None)
    assert (kernel(x) - expected).abs().max() < 0.03 * expected.abs().max()


@pytest.mark.parametrize("maker", INT8)
def test_a_row_of_int8_does_not_know_its_neighbours(maker) -> None:
    x, weight, bias = made()
    kernel = maker(weight, bias)
    whole = kernel(x)
    for first in range(16):
        for last in range(first + 1, 17):
            assert torch.equal(kernel(x[:, first:last]), whole[:, first:last])


@pytest.mark.parametrize("maker", [*FLOAT, *INT8, LooseInt8])
def test_zeros_stay_finite(maker) -> None:
    _, weight, bias = made()
    torch.testing.assert_close(maker(weight, bias)(torch.zeros(1, 2, 128))[0, 0], bias, rtol=0, atol=1e-6)


def test_the_two_int8_kernels_round_alike() -> None:
    x, weight, bias = made()
    expected = PlainInt8(weight, bias)(x)
    for maker in (RowInt8, WideInt8):
        # They may differ where a value lies exactly between two steps.
        assert (maker(weight, bias)(x) - expected).abs().max() <= 0.01 * x.abs().max()


def test_what_a_kernel_holds_is_counted() -> None:
    _, weight, bias = made()
    sizes = {maker: maker(weight, bias).nbytes for maker in (Plain, ByWidth, RowInt8)}
    assert sizes[Plain] == weight.nbytes + bias.nbytes
    assert sizes[ByWidth] == 2 * sizes[Plain]
    assert sizes[RowInt8] < 0.35 * sizes[Plain]
