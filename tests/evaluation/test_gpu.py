"""The measurement of passes runs on a CPU with a small shape, so that it is known to run at all."""

from __future__ import annotations

import torch

from specwhisper.evaluation import gpu
from specwhisper.weights.catalogue import MODELS


def test_every_width_is_timed_against_its_floor(monkeypatch) -> None:
    monkeypatch.setattr(gpu, "_REPEATS", 1)
    monkeypatch.setattr(gpu, "_BUFFER", 2**22)
    device = torch.device("cpu")
    rows = gpu.measure("tiny", device, "fp32", gpu.bandwidth_of(device))
    assert [row.width for row in rows] == list(gpu.WIDTHS)
    assert all(min(row.eager, row.static, row.floor) > 0 for row in rows)


def test_a_random_network_has_the_model_s_shape() -> None:
    network = gpu.random_network(MODELS["tiny"].dims, torch.device("cpu"), "fp32")
    assert network.dims == MODELS["tiny"].dims
    assert network.decoder.table.shape == (51_865, 384)
