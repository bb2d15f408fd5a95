"""Packed weights on disk, mapped into memory instead of being packed anew by every process.

A file holds one part of one model (its encoder, its decoder, a small head) as the kernels read it. Where the
store cannot be written, weights are packed in memory.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch

from specwhisper.errors import ModelError
from specwhisper.network.cpu.machine import kept_for_many_rows
from specwhisper.network.cpu.packing import FOURS, Numbers
from specwhisper.storage.folder import partial_folder, put_if_free, store_folder
from specwhisper.storage.tensor_file import map_tensors, write_tensors

_ORIGIN = "packed from"  # where a file names those that its weights came from

Parts = Mapping[str, torch.Tensor]
"""The arrays of an encoder, a decoder or a head, by name."""

MakeParts = Callable[[], Iterator[tuple[str, torch.Tensor]]]
"""Packs them, one after the other."""

_ROOM = 8
"""Weights are kept where the disk has so many times the room of the original ones: packed as float32 they
take twice or three times as much, and a disk should not be filled without asking."""


@dataclass(frozen=True)
class Source:
    """The files from which weights were read: each one's path, size in bytes and time of its last change."""

    files: tuple[tuple[str, int, int], ...]

    @classmethod
    def of(cls, paths: tuple[Path, ...]) -> Source | None:
        """As the files are now; None where one is missing."""
        try:
            there = [(path.resolve(), path.stat()) for path in paths]
        except OSError:
            return None
        return cls(tuple((str(path), state.st_size, state.st_mtime_ns) for path, state in there))


@dataclass(frozen=True)
class PackedStore:
    """The packed weights of one model in one kind of numbers.

    Attributes:
        source: where its weights came from; None keeps nothing.
        numbers: of the products of a pass.
        many_rows: of those with rows by the hundred: the encoder's, and what a decoder reads of it.
    """

    source: Source | None
    numbers: Numbers
    many_rows: Numbers

    @classmethod
    def of(cls, source: Source | None, numbers: Numbers) -> PackedStore:
        """As this machine multiplies quickest (see :mod:`machine`)."""
        return cls(source, numbers, kept_for_many_rows(numbers))

    def parts(self, which: str, make: MakeParts, about: Callable[[], dict[str, Any]] = lambda: {}) -> Parts:
        """The arrays of ``encoder``, ``decoder`` or a head: mapped, or else made and kept for the next time.

        Args:
            about: what is said of the model in a file that is written, see :meth:`about`.
        """
        path = self._path(which)
        if path is None:
            return dict(make())
        there = map_tensors(path)
        if there is None and self._write(path, make, about):
            there = map_tensors(path)
        return dict(make()) if there is None else there.tensors

    def about(self, which: str) -> dict[str, Any] | None:
        """What a file says of its model; None where there is no such file, or only a damaged one."""
        path = self._path(which)
        there = None if path is None else map_tensors(path)
        return None if there is None else there.about

    def _path(self, which: str) -> Path | None:
        """Named after what it came from and what it is; then after all that could make it outdated."""
        if self.source is None:
            return None
        kind = f"{self.numbers}x4" if self.numbers == "int8" and FOURS else self.many_rows
        origin = _digest([path for path, _, _ in self.source.files])
        state = _digest([code(), self.source.files])
        return store_folder() / "packed" / f"{origin}.{which}.{kind}.{state}"

    def _write(self, path: Path, make: MakeParts, about: Callable[[], dict[str, Any]]) -> bool:
        """Pack into a file, and remove those that nobody needs any longer; False where that cannot be."""
        assert self.source is not None
        origin = {_ORIGIN: [name for name, _, _ in self.source.files]}
        if not self._room() or not put_if_free(
            path, lambda target: write_tensors(target, make(), about() | origin)
        ):
            return False
        for other in path.parent.glob("*.*.*.*"):
            if other != path and (other.stem == path.stem or _orphaned(other)):
                with suppress(OSError):
                    other.unlink()
        return True

    def _room(self) -> bool:
        """Whether the disk has room to spare."""
        assert self.source is not None
        try:
            free = shutil.disk_usage(partial_folder()).free
        except (ModelError, OSError):
            return False
        return free > _ROOM * sum(size for _, size, _ in self.source.files)


def _orphaned(path: Path) -> bool:
    """Whether what a file was packed from is gone: a model that was deleted, or moved."""
    there = map_tensors(path)
    origin = [] if there is None else there.about.get(_ORIGIN, [])
    return not origin or not all(Path(name).exists() for name in origin)


@lru_cache(maxsize=1)
def code() -> str:
    """A digest that changes with every line of the code that packs weights."""
    here = Path(__file__).parent
    own = [
        here / f"{name}.py" for name in ("bf16x3", "decoder", "encoder", "packed_store", "packing", "tiles")
    ]
    network, package = here.parents[0], here.parents[1]
    sources = [*own, network / "layers.py", network / "rounding.py", package / "storage" / "tensor_file.py"]
    return sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()


def _digest(content: object) -> str:
    return sha256(json.dumps(content).encode()).hexdigest()[:16]
