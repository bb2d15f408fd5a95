"""No denormal number is an operand anywhere in a pass, which the processor itself notes (x86)."""

from __future__ import annotations

import platform

import numpy as np
import pytest
import torch

from specwhisper.network.build import build
from specwhisper.network.cpu import denormals, jobs
from specwhisper.network.cpu.barrier import GATE, open_phase
from specwhisper.network.cpu.jit import compiled
from specwhisper.network.cpu.jobs import Job
from specwhisper.network.cpu.maths import exponential, gelu
from specwhisper.network.recipes import recipe_for
from tests.fakes import CPU, dimensions, random_tensors

pytestmark = pytest.mark.skipif(
    platform.machine() not in ("x86_64", "AMD64"), reason="only x86 notes denormal operands"
)
FLUSH, MET = np.int64(0x8040), np.int64(2)  # of MXCSR: what flushes; what notes a denormal operand


@compiled
def _watched(gate, job):
    """Do a job with nothing flushed; whether an operand was denormal."""
    before = denormals.control()
    denormals.set_control(before & ~(FLUSH | MET))
    jobs._work(np.int64(0), gate, np.int64(1), job)
    seen = denormals.control() & MET
    denormals.set_control(before)
    return seen != 0


@compiled
def _control():
    return denormals.control()


@compiled
def _multiplied(x, out):
    before = denormals.control()
    denormals.set_control(before & ~(FLUSH | MET))
    for i in range(len(x)):
        out[i] = x[i] * np.float32(3)
    seen = denormals.control() & MET
    denormals.set_control(before)
    return seen != 0


@compiled
def _each(x, powers, gelus):
    for i in range(len(x)):
        powers[i] = exponential(x[i])
        gelus[i] = gelu(x[i])


SOUNDS = ("noise", "silence", "steps")


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each job met a denormal operand, with nothing flushed, in a thread of its own."""
    found: list[bool] = []

    def run(amount: int, job: Job) -> None:
        gate = np.zeros(GATE, np.int64)
        open_phase(gate, np.int64(1))
        found.append(bool(_watched(gate, job.written)))

    for module in ("decoder", "encoder", "cross_cache"):
        monkeypatch.setattr(f"specwhisper.network.cpu.{module}.run", run)
    return found


def _mel(sound: str) -> torch.Tensor:
    frames = torch.arange(300.0)
    if sound == "silence":
        return torch.full((1, 80, 300), -1.5)
    if sound == "noise":
        return torch.randn(1, 80, 300, generator=torch.Generator().manual_seed(1)) * 3
    return (frames % 40 > 20).float().mul(40).sub(20).expand(1, 80, 300).contiguous()


def test_the_watch_sees_a_denormal_operand() -> None:
    x = np.full(16, 1e-40, np.float32)
    assert _multiplied(x, np.empty_like(x))
    assert not _multiplied(x * 0 + 1, np.empty_like(x))


@pytest.mark.parametrize("precision", ["fp32", "int8"])
@pytest.mark.parametrize("sound", SOUNDS)
def test_no_operand_of_a_pass_is_denormal(watched: list[bool], sound: str, precision: str) -> None:
    dims = dimensions(width=192, audio=150)
    tensors = {name: each * 4 for name, each in random_tensors(dims).items()}  # attention with sharp peaks
    network = build(tensors, dims, CPU, recipe_for(precision, CPU))
    cross = network.decoder.keys_values(network.encoder(_mel(sound)))
    cache = network.new_cache()
    network.decoder.read(list(range(20, 29)), 0, cross=cross, cache=cache)
    network.decoder.read([7], 9, cross=cross, cache=cache)
    assert len(watched) > 5 and not any(watched)


def test_functions_with_small_results_give_zero_instead() -> None:
    x = np.linspace(-200, 0, 20_001).astype(np.float32)
    powers, gelus = np.empty_like(x), np.empty_like(x)
    _each(x, powers, gelus)
    for made in (powers, gelus):
        assert ((made == 0) | (np.abs(made) >= np.finfo(np.float32).tiny)).all()


def test_a_pass_flushes_and_puts_the_register_back() -> None:
    dims = dimensions(width=192, audio=150)
    network = build(random_tensors(dims), dims, CPU, recipe_for("fp32", CPU))
    before = _control()
    network.encoder(_mel("noise"))
    assert _control() & ~0x3F == before & ~0x3F  # the lower six bits note what has happened
