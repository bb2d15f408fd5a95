"""Why a card is or is not used, with the driver's program as a script of our own."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from specwhisper.doctor.card import find_card


def driver(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    program = folder / "nvidia-smi"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


@pytest.fixture(autouse=True)
def no_card(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


def test_a_build_without_cuda_is_named(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(torch.version, "cuda", None)
    monkeypatch.setenv("PATH", str(tmp_path))
    found = find_card()
    assert not found.used and found.name is None
    assert "without CUDA" in found.reason and "no NVIDIA driver" in found.reason
    driver(tmp_path, monkeypatch, 'echo "Tesla T4, 535.104.05"')
    found = find_card()
    assert (found.used, found.name, found.driver) == (False, "Tesla T4", "535.104.05")
    assert "install one" in found.reason


def test_a_driver_that_torch_cannot_use_is_named(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    driver(tmp_path, monkeypatch, 'echo "Tesla T4, 450.1"')
    assert "CUDA 13.0" in find_card().reason
    for odd in (
        "printf '\\377\\376, 450.1\\n\\033[1m'",
        'echo "NVIDIA-SMI has failed because it could not communicate, make sure, that"',
        'echo ", 5.0"',
        "head -c 3000000 /dev/zero",
        "printf '\\033[31mCard, 450.1'",
    ):
        driver(tmp_path, monkeypatch, odd)
        assert (find_card().name or "").isprintable(), odd
    driver(tmp_path, monkeypatch, "exit 9")
    found = find_card()
    assert found.name is None and "no NVIDIA driver answers" in found.reason
