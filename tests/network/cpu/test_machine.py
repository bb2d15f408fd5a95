"""What is measured of a machine is kept, can be forced, and changes no text."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace

import pytest
import torch

from specwhisper.decoding.reader import NetworkReader
from specwhisper.errors import OptionError
from specwhisper.network.build import build
from specwhisper.network.cpu import machine
from specwhisper.network.cpu.matrix_unit import usable
from specwhisper.network.cpu.thread_pool import MOST, allowed
from specwhisper.network.encoder import LibraryEncoder
from specwhisper.network.recipes import recipe_for
from tests.fakes import CPU, dimensions, random_tensors

DIMS = dimensions(width=192, audio=150)


@pytest.fixture(scope="module")
def measured() -> machine.Profile:
    return machine.profile()


def test_a_profile_is_measured_and_kept(measured: machine.Profile) -> None:
    for _ in range(50):  # whoever holds the store just now is not waited for
        if machine._kept() or not measured.quiet:
            break
        time.sleep(0.1)
        machine._keep(measured)
    assert machine._kept() or not measured.quiet
    assert measured.memory > 1e8 and measured.fp32 > 1e8 and measured.int8 > 1e8 and measured.library > 1e8
    assert 1 <= measured.variants.threads <= max(measured.allowed, 1)
    timed = {"weights=keep", "weights=pass", "encoder=own", "encoder=library", "products=vector"}
    assert timed <= set(measured.seconds)
    assert measured == machine.profile()


def test_a_damaged_file_is_measured_anew(
    measured: machine.Profile, monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    path = tmp_path / "machine.json"
    path.write_text('{"processor": 3}')
    monkeypatch.setattr(machine, "_file", lambda: path)
    assert machine._kept() is None
    machine._keep(measured)
    assert machine._kept() is not None


def test_what_was_measured_beside_a_busy_program_is_not_kept(
    measured: machine.Profile, monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    """On a core that others share, two threads look no better than one: half the speed, for ever."""
    path = tmp_path / "machine.json"
    monkeypatch.setattr(machine, "_file", lambda: path)
    for quiet in (False, True):
        monkeypatch.setattr(machine, "measure", lambda quiet=quiet: replace(measured, quiet=quiet))
        machine._profile.cache_clear()
        machine.profile()
        assert path.exists() == quiet
    machine._profile.cache_clear()


def test_a_busy_program_is_noticed() -> None:
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2 * allowed())]
    try:
        time.sleep(0.3)
        assert machine.undisturbed_share(min(allowed(), MOST)) < machine._QUIET
    finally:
        for program in busy:
            program.kill()
            program.wait()


@pytest.mark.parametrize(
    ("one", "two", "chosen"), [(2.0, 1.0, 2), (1.0, 1.0, 2), (1.0, 1.1, 2), (1.0, 1.5, 1), (0.9, 1.0, 2)]
)
def test_fewer_threads_must_be_clearly_quicker(one: float, two: float, chosen: int) -> None:
    assert machine._choose_threads({"threads=1": one, "threads=2": two}, 2) == chosen


def test_a_choice_can_be_forced(measured: machine.Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(machine.SWITCH, "weights=pass, encoder=library,products=vector,threads=3")
    assert machine.profile().variants == machine.Variants("pass", "library", "vector", 3)


@pytest.mark.parametrize(
    "text", ["weights", "weights=perhaps", "threads=0", "encoder=both", "products=tensor", "x=1"]
)
def test_what_cannot_be_chosen_is_said_in_a_sentence(
    measured: machine.Profile, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv(machine.SWITCH, text)
    with pytest.raises(OptionError, match=machine.SWITCH):
        machine.profile()


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_every_variant_reads_the_same(monkeypatch: pytest.MonkeyPatch, precision: str) -> None:
    """How weights are fetched and by how many threads changes no bit; another encoder only rounds."""
    mel = torch.randn(1, 80, 300, generator=torch.Generator().manual_seed(3))
    found = {}
    rounding = {"encoder=library", *(["encoder=matrix"] if usable() else [])}
    alike = "weights=keep,encoder=own", "weights=pass,encoder=own", "threads=1,encoder=own"
    for variant in (*alike, *rounding):
        monkeypatch.setenv(machine.SWITCH, variant)
        network = build(random_tensors(DIMS), DIMS, CPU, recipe_for(precision, CPU))
        with network.exclusive_threads():
            states = network.encoder(mel)
            reader = NetworkReader(network, network.decoder.keys_values(states), network.new_cache())
            found[variant] = reader.read(list(range(50, 59)), 0)
        library = isinstance(network.encoder, LibraryEncoder)
        assert library == (variant == "encoder=library" and precision == "fp32")
    first = found.pop("weights=keep,encoder=own")
    for variant, other in found.items():
        if variant in rounding:
            torch.testing.assert_close(other, first, rtol=1e-3, atol=1e-3)
        else:
            assert torch.equal(other, first)
