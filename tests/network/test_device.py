"""Which number formats run where."""

from __future__ import annotations

import sys
import warnings
from types import SimpleNamespace

import pytest
import torch

from specwhisper.errors import OptionError
from specwhisper.network import device
from specwhisper.network.device import lent_per_call, resolve_device, resolve_precision, where_it_runs
from tests.sham_cuda import CUDA, sham_card

CPU, CARD = torch.device("cpu"), torch.device("cuda")


@pytest.mark.parametrize(
    ("able", "found"), [({"amx-bf16"}, True), ({"avx512bf16", "avx512f"}, True), ({"avx512f", "avx2"}, False)]
)
def test_bf16_is_offered_where_the_processor_multiplies_in_it(
    able: set[str], found: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device, "features", lambda: frozenset(able))
    if found:
        assert resolve_precision("bf16", CPU) == "bf16"
    else:
        with pytest.raises(OptionError, match="does not multiply in bfloat16: choose fp32 or int8"):
            resolve_precision("bf16", CPU)


@pytest.mark.parametrize("precision", ["int8", "bf16"])
def test_some_run_on_a_cpu_alone(precision: str) -> None:
    with pytest.raises(OptionError, match=f"{precision} runs on a CPU"):
        resolve_precision(precision, CARD)


def test_what_does_not_exist_is_told_with_what_does() -> None:
    with pytest.raises(OptionError, match="'fp17': choose auto, fp32, bf16, fp16 or int8"):
        resolve_precision("fp17", CPU)


def test_auto_never_takes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "features", lambda: frozenset({"amx-bf16"}))
    assert (resolve_precision("auto", CPU), resolve_precision("auto", CARD)) == ("fp32", "fp16")


def test_a_driver_that_is_too_old_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def is_available() -> bool:
        warnings.warn("CUDA initialization: The NVIDIA driver on your system is too old", stacklevel=2)
        return False

    monkeypatch.setattr(torch.cuda, "is_available", is_available)
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    said = where_it_runs()
    assert said.startswith("Runs on the CPU: the NVIDIA driver is too old for this PyTorch")
    assert "CUDA 13.0" in said and "cu126" in said
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert "no NVIDIA driver answers" in where_it_runs()
    monkeypatch.setattr(torch.version, "cuda", None)
    assert where_it_runs() == "Runs on the CPU: this PyTorch is a build without CUDA."
    assert where_it_runs("cpu") == "Runs on the CPU, as asked for."


def test_a_card_is_named() -> None:
    with sham_card():
        assert where_it_runs() == "Runs on Sham T4."
        assert resolve_device("auto") == resolve_device("cuda") == CUDA


def test_a_card_is_lent_where_the_package_is_that_lends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPACES_ZERO_GPU", "1")
    assert not lent_per_call()  # nobody has it but a Space
    monkeypatch.setitem(sys.modules, "spaces", SimpleNamespace())
    assert lent_per_call()
    monkeypatch.setenv("SPACES_ZERO_GPU", "0")
    assert not lent_per_call()
