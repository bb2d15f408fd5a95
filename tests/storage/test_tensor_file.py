"""Tensors come back as they were, from a mapping that cannot change the file; damage is noticed."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from specwhisper.storage.tensor_file import map_tensors, write_tensors

TENSORS = {
    "a": torch.arange(10, dtype=torch.float32).view(2, 5),
    "b": torch.arange(7, dtype=torch.float32).half(),
    "c": torch.arange(-5, 6, dtype=torch.int8),
    "d": torch.arange(20, dtype=torch.uint8).view(4, 5).T,
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    write_tensors(path, TENSORS.items(), {"layers": 3})
    return path


def test_tensors_come_back_as_they_were(file: Path) -> None:
    there = map_tensors(file)
    assert there is not None and there.about == {"layers": 3}
    assert list(there.tensors) == list(TENSORS)
    for name, tensor in TENSORS.items():
        found = there.tensors[name]
        assert found.dtype == tensor.dtype and torch.equal(found, tensor)
        assert found.data_ptr() % 64 == 0


def test_whoever_writes_to_a_tensor_does_not_write_to_the_file(file: Path) -> None:
    before = file.read_bytes()
    there = map_tensors(file)
    assert there is not None
    there.tensors["a"].fill_(7)
    assert file.read_bytes() == before


@pytest.mark.parametrize("kept", [0, 1, 10, 4096, -1, -60, -300])
def test_a_file_that_breaks_off_is_none(file: Path, kept: int) -> None:
    file.write_bytes(file.read_bytes()[:kept])
    assert map_tensors(file) is None


def test_nor_is_one_with_something_more_or_another_list(file: Path) -> None:
    content = file.read_bytes()
    for damaged in (
        content + b"x",
        content[:4096] + content,
        content.replace(b'"layers": 3', b'"layers": 4'),
    ):
        file.write_bytes(damaged)
        assert map_tensors(file) is None
    file.unlink()
    assert map_tensors(file) is None
