"""float32 products from bfloat16 ones are as exact as float32 products."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numba import njit

from specwhisper.network.build import build
from specwhisper.network.cpu import machine
from specwhisper.network.cpu.aligned import LINE, in_lines
from specwhisper.network.cpu.bf16x3 import PARTS, has_two_parts, in_parts, parted, parts_of, parts_times
from specwhisper.network.cpu.cross_cache import Layout
from specwhisper.network.cpu.encoder import FusedEncoder
from specwhisper.network.cpu.matrix_unit import configure, release, usable
from specwhisper.network.cpu.tiles import GROUP
from specwhisper.network.recipes import recipe_for
from tests.fakes import CPU, dimensions, random_tensors

there = pytest.mark.skipif(not usable(), reason="this processor has no matrix unit")
INPUTS = 288  # more than a span of weights, and no multiple of one


def _numbers(*shape: int, half: bool = False) -> torch.Tensor:
    made = torch.randn(*shape, generator=torch.Generator().manual_seed(7)) * 3
    return made.half().float() if half else made


def test_three_parts_are_the_number() -> None:
    x = torch.cat([_numbers(1000), torch.tensor([0.0, 1.0, -1.0, 1e-20, 3e30, 1 / 3])])
    assert torch.equal(parts_of(x).double().sum(0), x.double())


def test_what_was_float16_once_has_two_parts() -> None:
    assert has_two_parts(_numbers(64, 64, half=True))
    assert not has_two_parts(_numbers(64, 64))


@njit
def _rows_in_parts(x, out):
    for row in range(x.shape[0]):
        parted(x[row].ctypes.data, x.shape[1], out[row].ctypes.data)


@njit
def _multiplied(weight, x, rows, inputs, sums):
    configure()
    parts_times(weight, x, rows, inputs, sums)
    release()


def _in_parts(x: torch.Tensor, height: int) -> np.ndarray:
    rows = in_lines(height, PARTS * INPUTS + LINE // 2, np.zeros(0, np.uint16))
    rows[:] = 0x7FC0  # what is behind the rows is anything, even no number
    _rows_in_parts(x.numpy(), rows)
    return rows


def test_rows_are_parted_as_weights_are() -> None:
    x = _numbers(5, INPUTS)
    rows = _in_parts(x, 32)[:5, : PARTS * INPUTS].reshape(5, INPUTS // 32, PARTS, 32)
    parts = torch.from_numpy(rows.view(np.int16).copy()).view(torch.bfloat16)
    assert torch.equal(parts.double().sum(2).view(5, INPUTS), x.double())


@there
@pytest.mark.parametrize("rows", [1, 15, 16, 17, 33, 64])
def test_products_are_as_exact_as_float32_ones(rows: int) -> None:
    weight, x = _numbers(GROUP, INPUTS, half=True), _numbers(rows, INPUTS)
    packed = in_parts(weight)
    height = -(-rows // 32) * 32
    sums = in_lines(height, GROUP, np.zeros(0, np.float32))
    place = packed.data_ptr()
    _multiplied(place, _in_parts(x, height), np.int64(rows), np.int64(INPUTS), sums)
    wanted = x.double() @ weight.double().T
    error = (torch.from_numpy(sums[:rows]).double() - wanted).square().mean().sqrt()
    assert error < 3 * (x @ weight.T - wanted).square().mean().sqrt() + 1e-6 * wanted.abs().mean()
    alone = in_lines(32, GROUP, np.zeros(0, np.float32))
    _multiplied(place, _in_parts(x[-1:], 32), np.int64(1), np.int64(INPUTS), alone)
    assert (alone[0] == sums[rows - 1]).all()  # rows do not know their neighbours


@there
@pytest.mark.parametrize("half", ["none", "one", "all"])
@pytest.mark.parametrize("positions", [50, 64, 150])
def test_an_encoder_and_what_the_decoder_reads_of_it_are_close(
    monkeypatch: pytest.MonkeyPatch, positions: int, half: str
) -> None:
    """Of weights that were float16 once, all or some: a fine-tuned model may have both, and then none go in
    parts.
    """
    dims = dimensions(width=192, audio=positions)
    tensors = {
        name: tensor.half().float() if half == "all" or (half == "one" and "fc1" in name) else tensor
        for name, tensor in random_tensors(dims).items()
    }
    mel = torch.randn(2, 80, 2 * positions, generator=torch.Generator().manual_seed(3))
    found = []
    for way in ("own", "matrix"):
        monkeypatch.setenv(machine.SWITCH, f"encoder={way}")
        network = build(tensors, dims, CPU, recipe_for("fp32", CPU))
        if way == "matrix" and half != "one":
            assert isinstance(network.encoder, FusedEncoder)
            assert (network.encoder.numbers == "bf16x3") == (half == "all")
        states = network.encoder(mel)
        clips = network.decoder.keys_values(states).clips
        found.append((states, [_read(layer, positions) for clip in clips for layer in clip]))
    torch.testing.assert_close(found[1][0], found[0][0], rtol=1e-4, atol=1e-4)
    for one, other in zip(found[0][1], found[1][1], strict=True):
        torch.testing.assert_close(other, one, rtol=1e-4, atol=1e-4)


def _read(layer: Layout, positions: int) -> torch.Tensor:
    return torch.cat([layer.keys_of(0, positions), torch.from_numpy(layer.values[0].copy()).view(-1, 64)])
