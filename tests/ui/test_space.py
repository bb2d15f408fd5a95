"""What a Space needs: memory for the pairs that stay, a lent GPU, a header that names what is loaded."""

from __future__ import annotations

import re
import sys
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace

import pytest

from specwhisper.ui.config import AppConfig
from specwhisper.ui.zero import on_gpu
from specwhisper.weights.catalogue import find_spec
from specwhisper.weights.pairs import CUDA_DEFAULT, KNOWN_PAIRS, parse_pair

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
T4_BYTES = 15 * 10**9  # 16 GB, less what CUDA and its libraries take
HOST_BYTES = 15 * 10**9
WORK_BYTES = 2 * 10**9  # caches, activations, captured graphs


def fp16_bytes(name: str) -> int:
    spec = find_spec(name)
    assert spec is not None
    return 2 * spec.dims.parameters


def pair_bytes(name: str) -> int:
    pair = parse_pair(name)
    return sum(fp16_bytes(each) for each in (pair.main, pair.draft) if each)


def test_any_two_pairs_and_their_work_fit_a_t4() -> None:
    assert AppConfig().keep_loaded == 2
    for two in combinations(KNOWN_PAIRS, AppConfig().keep_loaded):
        assert sum(map(pair_bytes, two)) + WORK_BYTES < T4_BYTES, two


def test_loading_the_default_fits_the_host_twice_over() -> None:
    # Weights are read once and converted once; both may be there for a moment.
    assert 2 * pair_bytes(CUDA_DEFAULT) + WORK_BYTES < HOST_BYTES


def test_a_cpu_space_keeps_two_small_pairs() -> None:
    four_bytes = 2 * (pair_bytes("small+tiny") + pair_bytes("base+tiny"))
    assert four_bytes + WORK_BYTES < HOST_BYTES


def test_the_header_preloads_the_default_pair() -> None:
    header = README.split("---")[1]
    for model in filter(None, (parse_pair(CUDA_DEFAULT).main, parse_pair(CUDA_DEFAULT).draft)):
        spec = find_spec(model)
        assert spec is not None
        assert re.search(rf"- {re.escape(spec.hub_id)} .*model\.safetensors", header)
    assert "suggested_hardware: t4-small" in header
    assert header.count("\n  - ") <= 10


def test_a_gpu_is_asked_for_only_on_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    def work() -> str:
        return "done"

    asked = []

    def gpu(duration: int):
        asked.append(duration)
        return lambda function: lambda *values: f"lent: {function(*values)}"

    assert on_gpu(work) is work
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    monkeypatch.setitem(sys.modules, "spaces", None)
    assert on_gpu(work) is work
    monkeypatch.setitem(sys.modules, "spaces", SimpleNamespace(GPU=gpu))
    assert on_gpu(work)() == "lent: done"
    assert asked == [120]
