"""The matrix unit gives the very sums of the vector unit, in products, attention and a whole encoder."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numba import njit

from specwhisper.network.build import build
from specwhisper.network.cpu import machine
from specwhisper.network.cpu.aligned import LINE, in_lines
from specwhisper.network.cpu.matrix_unit import (
    BY_RAISED,
    SIGNED,
    TALL,
    UNSIGNED,
    configure,
    release,
    tiles_times,
    usable,
)
from specwhisper.network.cpu.matrix_unit import ROWS as TILE
from specwhisper.network.cpu.tiles import GROUP
from specwhisper.network.recipes import recipe_for
from tests.fakes import CPU, dimensions, random_tensors

there = pytest.mark.skipif(not usable(), reason="this processor has no matrix unit")

BYTES = {BY_RAISED: (np.int8, np.uint8), SIGNED: (np.int8, np.int8), UNSIGNED: (np.uint8, np.int8)}


@njit
def _multiplied(kind, weight, x, rows, inputs, sums):
    configure()
    tiles_times(kind, weight, x, rows, inputs, sums)
    release()


@there
@pytest.mark.parametrize("kind", list(BYTES))
@pytest.mark.parametrize("rows", [1, 15, 16, 17, 33, 48, 49, 96])
def test_sums_are_exact(rows: int, kind: int) -> None:
    made = np.random.default_rng(rows)
    of_rows, of_weights = BYTES[kind]
    inputs, height = 128, -(-rows // (TALL * TILE)) * TALL * TILE
    x = in_lines(height, inputs + LINE, np.zeros(0, of_rows))
    x[:] = made.integers(np.iinfo(of_rows).min, np.iinfo(of_rows).max + 1, x.shape)
    least, most = np.iinfo(of_weights).min, np.iinfo(of_weights).max + 1
    weight = made.integers(least, most, (GROUP, inputs)).astype(of_weights)
    packed = np.ascontiguousarray(weight.reshape(GROUP, inputs // 4, 4).transpose(1, 0, 2))
    sums = in_lines(height, GROUP, np.zeros(0, np.int32))
    _multiplied(kind, packed.ctypes.data, x, np.int64(rows), np.int64(inputs), sums)
    wanted = x[:rows, :inputs].astype(np.int64) @ weight.T.astype(np.int64)
    assert (sums[:rows] == wanted).all()


@there
@pytest.mark.parametrize("positions", [50, 64, 150])
def test_an_encoder_and_what_the_decoder_reads_of_it_are_the_same(
    monkeypatch: pytest.MonkeyPatch, positions: int
) -> None:
    dims = dimensions(width=192, audio=positions)
    network = build(random_tensors(dims), dims, CPU, recipe_for("int8", CPU))
    mel = torch.randn(2, 80, 2 * positions, generator=torch.Generator().manual_seed(3))
    found = []
    for products in ("vector", "matrix"):
        monkeypatch.setenv(machine.SWITCH, f"products={products}")
        states = network.encoder(mel)
        audio = network.decoder.keys_values(states)
        found.append((states, [torch.from_numpy(layer.values.copy()) for layer in audio.clips[0]]))
    assert torch.equal(found[0][0], found[1][0])
    for one, other in zip(found[0][1], found[1][1], strict=True):
        assert torch.equal(one, other)


@there
def test_it_may_be_chosen_and_other_numbers_never_meet_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(machine.SWITCH, "products=matrix")
    assert machine.of_many_rows("int8") != machine.of_many_rows("fp32")
    assert machine.profile().variants.products == "matrix"


def test_nobody_asks_for_it_where_it_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """A profile that was kept may come from before the system forbade it."""
    monkeypatch.setattr(machine, "usable", lambda: False)
    assert machine.of_many_rows("int8") == machine.of_many_rows("fp32")
