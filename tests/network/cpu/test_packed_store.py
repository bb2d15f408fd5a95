"""Packed weights that are kept on disk are those that were packed, and no load depends on them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from specwhisper.decoding.reader import NetworkReader
from specwhisper.network.build import build, packed_before
from specwhisper.network.cpu.packed_store import PackedStore, Source
from specwhisper.network.network import Network
from specwhisper.network.recipes import recipe_for
from specwhisper.storage.folder import exclusive
from specwhisper.weights import weights as weights_module
from specwhisper.weights.weights import load_weights, same_encoder
from tests.fakes import CPU, dimensions, random_tensors
from tests.weights import writers
from tests.weights.test_sources import with_tokenizer

DIMS = dimensions(width=192, audio=150)
TENSORS = random_tensors(DIMS)
TOKENS = [50258, 50259, 50359, 50363, 11, 222, 3333]


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SPECWHISPER_CACHE", str(tmp_path / "store"))
    return tmp_path / "store" / "packed"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "weights").write_bytes(b"what they came from")
    return tmp_path / "weights"


@pytest.fixture(params=["fp32", "int8"])
def precision(request) -> str:
    return request.param


def made(precision: str, file: Path | None, tensors: Mapping[str, torch.Tensor] = TENSORS) -> Network:
    return build(tensors, DIMS, CPU, recipe_for(precision, CPU), source=file and Source.of((file,)))


def logits(network: Network) -> torch.Tensor:
    mel = torch.randn(1, 80, 300, generator=torch.Generator().manual_seed(3))
    reader = NetworkReader(network, network.decoder.keys_values(network.encoder(mel)), network.new_cache())
    head = network.decoder.pruned_head(torch.arange(5, 51_000, 700))
    return torch.cat([reader.read(TOKENS, 0), reader.read(TOKENS, 0, head)], dim=1)


def test_mapped_weights_give_the_same_bits_and_the_original_ones_are_not_looked_at(
    precision: str, file: Path
) -> None:
    expected = logits(made(precision, None))
    assert torch.equal(logits(made(precision, file)), expected)
    assert torch.equal(logits(made(precision, file, tensors={})), expected)


def test_what_a_file_says_of_its_model(precision: str, file: Path) -> None:
    source = Source.of((file,))
    numbers = recipe_for(precision, CPU).fused
    assert source is not None and numbers is not None
    assert packed_before(source, numbers) is None
    made(precision, file)
    about = packed_before(source, numbers)
    assert about is not None and about[0] == DIMS


def test_a_source_that_has_changed_is_packed_anew_and_its_old_files_go(file: Path, store: Path) -> None:
    made("int8", file)
    before = set(store.iterdir())
    os.utime(file, (1, 1))
    made("int8", file)
    after = set(store.iterdir())
    assert len(before) == len(after) == 2 and not before & after


def test_what_was_packed_from_files_that_are_gone_goes_with_the_next(file: Path, store: Path) -> None:
    made("int8", file)
    before = set(store.iterdir())
    foreign = store / "silero.0"
    foreign.touch()
    other = file.with_name("other")
    other.write_bytes(b"another model")
    made("int8", other)
    assert before < set(store.iterdir())
    file.unlink()
    third = file.with_name("third")
    third.write_bytes(b"a third one")
    made("int8", third)
    after = set(store.iterdir())
    assert not before & after and len(after - {foreign}) == 4 and foreign in after


def test_both_kinds_of_numbers_are_kept(file: Path, store: Path) -> None:
    for precision in ("int8", "fp32"):
        made(precision, file)
    assert len(list(store.iterdir())) == 4


def test_a_damaged_file_is_written_anew(precision: str, file: Path, store: Path) -> None:
    expected = logits(made(precision, file))
    for path in store.iterdir():
        os.truncate(path, path.stat().st_size // 2)
    assert torch.equal(logits(made(precision, file)), expected)
    assert torch.equal(logits(made(precision, file, tensors={})), expected)


def test_without_a_store_weights_are_packed_in_memory(
    precision: str, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPECWHISPER_CACHE", str(file / "no folder"))  # below a file nothing can be
    assert torch.equal(logits(made(precision, file)), logits(made(precision, None)))


def test_a_full_disk_leaves_nothing_behind(file: Path, store: Path) -> None:
    def make() -> Iterator[tuple[str, torch.Tensor]]:
        if not failed:
            failed.append(True)
            yield "a", torch.zeros(3)
            raise OSError(28, "No space left on device")
        yield "a", torch.ones(3)

    failed: list[bool] = []
    parts = PackedStore.of(Source.of((file,)), "fp32").parts("head", make)
    assert torch.equal(parts["a"], torch.ones(3))
    assert not store.exists() and not list((store.parent / "partial").iterdir())


def test_a_disk_that_is_nearly_full_is_left_alone(
    file: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(free=100))
    made("int8", file)
    assert not store.exists()


def test_nobody_waits_for_a_store_that_is_held(file: Path, store: Path) -> None:
    with exclusive():
        made("int8", file)
    assert not store.exists()


def test_a_model_whose_weights_lie_packed_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = with_tokenizer(writers.write_hf(tmp_path / "mine", writers.random_tensors()))
    first = load_weights(str(folder), packed="int8")
    build(first.tensors, first.dims, CPU, recipe_for("int8", CPU), source=first.files)
    read = monkeypatch_reader(monkeypatch)
    again = load_weights(str(folder), packed="int8")
    assert (again.dims, again.name, again.tokenizer_file) == (first.dims, first.name, first.tokenizer_file)
    assert same_encoder(again, first) and again.encoder == first.encoder
    assert not read
    assert torch.equal(again.tensors["encoder.conv1.bias"], first.tensors["encoder.conv1.bias"])
    assert len(read) == 1
    os.utime(folder / "model.safetensors", (1, 1))
    load_weights(str(folder), packed="int8")
    assert len(read) == 2
    load_weights(str(folder))
    assert len(read) == 3


def monkeypatch_reader(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What is read from now on."""
    seen: list[object] = []
    usual = weights_module.read_files

    def read_files(found):
        seen.append(found)
        return usual(found)

    monkeypatch.setattr(weights_module, "read_files", read_files)
    return seen
