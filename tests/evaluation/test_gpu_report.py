"""What is asked of a card: here of a CPU and of a sham card, with small shapes."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from specwhisper.evaluation.gpu_report import __main__ as gpu
from specwhisper.evaluation.gpu_report import sections
from specwhisper.evaluation.gpu_report.shaped import Shaped
from specwhisper.weights.catalogue import MODELS
from tests.fakes import dimensions
from tests.sham_cuda import CUDA, sham_card

CPU = torch.device("cpu")


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sections, "MODELS", {"small": SimpleNamespace(dims=dimensions(width=64, layers=1))})
    monkeypatch.setattr(sections, "REPEATS", 1)
    monkeypatch.setattr(sections, "BUFFER", 2**16)


@pytest.mark.usefixtures("small")
def test_every_section_answers_on_a_cpu() -> None:
    assert sections.card(CPU)["device"] == "cpu"
    timed = sections.timings(["small"], CPU, "fp32")["small"]
    assert min(timed["floor"], *timed["eager"].values()) > 0
    assert "recorded" not in timed
    cycle = sections.cycles("small", "small", CPU, "fp32")
    assert cycle["eager_cycle"] > cycle["eager_verify"]
    assert not sections.checks(["small"], CPU, "fp32")["small"]["recorded"]


@pytest.mark.usefixtures("small")
def test_every_section_answers_on_a_sham_card(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sections, "Shaped", SimpleNamespace(of=lambda name, *rest: made(*rest)))
    monkeypatch.setitem(sections.MODELS, "tiny", sections.MODELS["small"])
    monkeypatch.setattr(torch.cuda, "get_arch_list", lambda: ["sm_75"])

    def made(dims, device: torch.device, precision: str) -> Shaped:
        return Shaped.of("small", dims, device, precision)

    with sham_card():
        assert sections.card(CUDA)["name"] == "Sham T4"
        found = sections.checks(["small"], CUDA, "fp16")["small"]
        assert found["recorded"], found
        assert sections.faults(CUDA, "fp16") == {
            "no recording": "recording failed (RuntimeError: forced)",
            "no memory": "there was not enough memory to record passes",
        }


def test_a_random_network_has_the_model_s_shape() -> None:
    network = Shaped.of("tiny", MODELS["tiny"].dims, CPU, "fp32").network
    assert network.dims == MODELS["tiny"].dims
    assert network.decoder.table.shape == (51_865, 384)


def test_what_fails_does_not_take_the_rest_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def apart(section: str, arguments: list[str]) -> dict:
        assert arguments[0] == "--out"
        return {"failed": "it hung"} if section == "rates" else {"seconds": 1.0, "found": section}

    monkeypatch.setattr(gpu, "_apart", apart)
    out = tmp_path / "gpu.json"
    assert gpu.main(["--out", str(out), "--models", "base, tiny,base", "--device", "cpu"]) == 1
    found = json.loads(out.read_text())
    assert found["rates"] == {"failed": "it hung"}
    assert [*found][-1] == "cycle base+tiny"


def test_a_section_runs_in_a_process_of_its_own() -> None:
    found = gpu._apart("card", ["--device", "cpu"])
    assert found["found"]["device"] == "cpu"
    assert "failed" in gpu._apart("card", ["--device", "tpu"])


def test_mistakes_are_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for wrong in (
        ["--models", "gigantic"],
        ["--device", "tpu"],
        ["--pair", "base+tiny"],
        ["--pair", "nonsense", "--clips", str(tmp_path)],
        ["--pair", "base+tiny", "--clips", str(tmp_path)],
        ["--out", "/nowhere/x.json"],
        ["--out", str(tmp_path)],
        ["--section", "bogus"],
    ):
        assert gpu.main(wrong) == 2
        assert capsys.readouterr().err.startswith("specwhisper: ")
