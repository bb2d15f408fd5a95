"""The plain int8 product: near the float one, and finite."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F

from specwhisper.network.cpu.jobs import LAYER, Job
from specwhisper.network.cpu.machine import of_many_rows
from specwhisper.network.cpu.packing import Numbers, Packed
from specwhisper.network.cpu.thread_pool import run
from specwhisper.network.kernels import Plain, PlainInt8


def made(rows: int = 100, inputs: int = 128, outputs: int = 192):
    g = torch.Generator().manual_seed(5)
    x = torch.randn(1, rows, inputs, generator=g) * torch.logspace(-2, 2, rows)[:, None]
    return x, torch.randn(outputs, inputs, generator=g) / inputs**0.5, torch.randn(outputs, generator=g)


def product(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor, numbers: Numbers) -> torch.Tensor:
    """[1, R, in] through our own product."""
    packed = Packed.of(weight, bias, numbers)
    out = np.empty((x.shape[1], packed.scale.numel()), np.float32)
    weight = packed.data.data_ptr(), packed.scale.numpy(), packed.bias.numpy()
    run(0, Job.of(LAYER, numbers, x[0].numpy(), *weight, out, of_many_rows(numbers)))
    return torch.from_numpy(out)[None, :, : packed.outputs]


def test_int8_is_near() -> None:
    x, weight, bias = made()
    for biased in (bias, None):
        expected = F.linear(x, weight, biased)
        assert (PlainInt8(weight, biased)(x) - expected).abs().max() < 0.02 * expected.abs().max()


def test_a_wide_product_is_the_plain_one() -> None:
    x, weight, bias = made()
    torch.testing.assert_close(product(x, weight, bias, "fp32"), Plain(weight, bias)(x), rtol=1e-4, atol=1e-3)
    # They may differ where a value lies exactly between two steps.
    assert (product(x, weight, bias, "int8") - PlainInt8(weight, bias)(x)).abs().max() < 1e-3 * x.abs().max()


def test_outputs_that_are_no_multiple_of_a_group_are_all_there() -> None:
    x, weight, bias = made(outputs=100)
    found = product(x, weight, bias, "fp32")
    torch.testing.assert_close(found, F.linear(x, weight, bias), rtol=1e-4, atol=1e-3)


def test_zeros_stay_finite() -> None:
    _, weight, bias = made()
    zeros = torch.zeros(1, 2, 128)
    for found in (PlainInt8(weight, bias)(zeros), product(zeros, weight, bias, "int8")):
        torch.testing.assert_close(found[0, 0], bias, rtol=0, atol=1e-6)


def test_what_a_kernel_holds_is_counted() -> None:
    _, weight, bias = made()
    assert Plain(weight, bias).nbytes == weight.nbytes + bias.nbytes
    assert PlainInt8(weight, bias).nbytes < 0.35 * weight.nbytes
    assert Packed.of(weight, bias, "int8").nbytes < 0.35 * weight.nbytes
