"""Bytes and operations against the known sizes of the models."""

from __future__ import annotations

import pytest

from specwhisper.evaluation.peers.floors import work_of
from specwhisper.weights.catalogue import MODELS


def test_large_v2_reads_what_is_known_of_it() -> None:
    # Design notes: 1,469 MB of layers without cross keys and values' projections counted, 133 MB of logits,
    # 246 MB of the audio's keys and values, all in float16.
    work = work_of(MODELS["large-v2"].dims, "fp16")
    layers = 32 * 14 * 1280 * 1280 * 2
    assert work.step_bytes == pytest.approx(layers + 133e6 + 246e6, rel=0.01)


def test_int8_reads_less_but_the_audio_stays_float32() -> None:
    dims = MODELS["base"].dims
    full, quantised = work_of(dims, "fp32"), work_of(dims, "int8")
    cross = dims.decoder_layers * 2 * 1500 * dims.d_model * 4
    assert full.step_bytes - cross == 4 * (quantised.step_bytes - cross)
    assert full.encoder_flops == quantised.encoder_flops


def test_the_encoder_of_base_is_87_gflop() -> None:
    assert work_of(MODELS["base"].dims, "fp32").encoder_flops == pytest.approx(87.4e9, rel=0.01)
