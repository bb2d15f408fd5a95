"""Which number formats run where."""

from __future__ import annotations

import pytest
import torch

from specwhisper.errors import OptionError
from specwhisper.network import device
from specwhisper.network.device import resolve_precision

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
