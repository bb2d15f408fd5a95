"""What a Space needs: memory for the pairs that stay, a lent GPU, a header that names what is loaded."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace

import pytest

from specwhisper.audio.decode import load_audio
from specwhisper.ui.config import AppConfig
from specwhisper.ui.zero import LOADING, USUAL, on_gpu
from specwhisper.weights.catalogue import find_spec
from specwhisper.weights.pairs import CUDA_DEFAULT, KNOWN_PAIRS, parse_pair

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
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
    def work(*values: object) -> str:
        return "done"

    asked = []

    def gpu(duration: Callable[..., int]):
        def lent(function):
            def called(*values: object) -> str:
                asked.append(duration(*values))
                return f"lent: {function(*values)}"

            return called

        return lent

    assert on_gpu(work) is work
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    monkeypatch.setitem(sys.modules, "spaces", None)
    assert on_gpu(work) is work
    monkeypatch.setitem(sys.modules, "spaces", SimpleNamespace(GPU=gpu))
    clip = str(ROOT / "assets/examples/john-dashwood.flac")
    assert on_gpu(work)(clip, "base+tiny") == "lent: done"
    on_gpu(work)([clip, clip], True)
    on_gpu(work)(None, "base+tiny")
    on_gpu(work)("/nowhere.mp3")
    seconds = load_audio(clip).seconds
    assert asked == [round(LOADING + seconds / 4), round(LOADING + seconds / 2), USUAL, USUAL]


def test_spaces_is_imported_before_torch(tmp_path: Path) -> None:
    (tmp_path / "spaces.py").write_text("import sys; print('torch' in sys.modules)")
    there = {**os.environ, "SPACES_ZERO_GPU": "1", "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "app.py", "--help"], cwd=ROOT, env=there, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("False\n")
