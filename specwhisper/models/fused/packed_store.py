"""Packed weights on disk, mapped into memory instead of being packed anew by every process.

A file holds one part of one model (its encoder, its decoder, a small head) as the kernels read it: the
arrays one after the other, then a list of them, then a fixed ending that says how long the list is. A file
that breaks off or is of another length than its list says is written anew. It gets its name after all of it
is on disk, as in :mod:`specwhisper.models.store`; where nothing can be written, weights are packed in memory.

The mapping is private and only pages that are used are read, so an array costs memory once it is worked
with, and processes with the same pair share it.
"""

from __future__ import annotations

import json
import mmap
import os
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import torch

from specwhisper.models.fused.packing import FOURS, Numbers
from specwhisper.models.store import put_if_free, store_folder

Parts = Mapping[str, torch.Tensor]
"""The arrays of an encoder, a decoder or a head, by name."""

MakeParts = Callable[[], Iterator[tuple[str, torch.Tensor]]]
"""Packs them, one after the other."""

_ALIGNED = 4096  # bytes: every array begins at a page
_ENDING = struct.Struct("<Q32s8s")  # length of the list, its SHA-256, and what makes it one of these files
_MARK = b"SWPACKED"


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
    """

    source: Source | None
    numbers: Numbers

    def parts(self, which: str, make: MakeParts, about: Callable[[], dict[str, Any]] = lambda: {}) -> Parts:
        """The arrays of ``encoder``, ``decoder`` or a head: mapped, or else made and kept for the next time.

        Args:
            about: what is said of the model in a file that is written, see :meth:`about`.
        """
        path = self._path(which)
        if path is None:
            return dict(make())
        there = _mapped(path)
        if there is None and self._write(path, make, about):
            there = _mapped(path)
        return dict(make()) if there is None else there[0]

    def about(self, which: str) -> dict[str, Any] | None:
        """What a file says of its model; None where there is no such file, or only a damaged one."""
        path = self._path(which)
        there = None if path is None else _mapped(path)
        return None if there is None else there[1]

    def _path(self, which: str) -> Path | None:
        """Named after what it came from and what it is; then after all that could make it outdated."""
        if self.source is None:
            return None
        kind = f"{self.numbers}x4" if self.numbers == "int8" and FOURS else self.numbers
        origin = _digest([path for path, _, _ in self.source.files])
        state = _digest([code(), self.source.files])
        return store_folder() / "packed" / f"{origin}.{which}.{kind}.{state}"

    def _write(self, path: Path, make: MakeParts, about: Callable[[], dict[str, Any]]) -> bool:
        """Pack into a file, and remove those that it makes superfluous; False where that cannot be."""
        if not put_if_free(path, lambda target: _write_file(target, make, about())):
            return False
        for old in path.parent.glob(f"{path.stem}.*"):
            if old != path:
                with suppress(OSError):
                    old.unlink()
        return True


def _write_file(path: Path, make: MakeParts, about: dict[str, Any]) -> None:
    arrays = []
    with path.open("wb") as file:
        for name, tensor in make():
            file.seek(-file.tell() % _ALIGNED, os.SEEK_CUR)
            array = np.ascontiguousarray(tensor.numpy())
            arrays.append((name, array.dtype.name, array.shape, file.tell()))
            file.write(array.data)
        listing = json.dumps({"about": about, "arrays": arrays, "end": file.tell()}).encode()
        file.write(listing)
        file.write(_ENDING.pack(len(listing), sha256(listing).digest(), _MARK))


def _mapped(path: Path) -> tuple[Parts, dict[str, Any]] | None:
    """The arrays of a file and what it says of the model; None if it is not there or damaged."""
    try:
        with path.open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    except (OSError, ValueError):  # ValueError: an empty file
        return None
    ending = len(mapped) - _ENDING.size
    if ending < 0:
        return None
    length, digest, mark = _ENDING.unpack_from(mapped, ending)
    listing = mapped[max(ending - length, 0) : ending]
    if mark != _MARK or sha256(listing).digest() != digest:
        return None
    read = json.loads(listing)
    if read["end"] + length != ending:
        return None
    whole = np.frombuffer(mapped, np.uint8)
    parts = {}
    for name, dtype, shape, start in read["arrays"]:
        kind = np.dtype(dtype)
        array = whole[start : start + kind.itemsize * int(np.prod(shape))].view(kind).reshape(shape)
        parts[name] = torch.from_numpy(array)
    return parts, read["about"]


@lru_cache(maxsize=1)
def code() -> str:
    """A digest that changes with every line of the code that packs and computes."""
    here = Path(__file__).parent
    sources = [*sorted(here.glob("*.py")), here.parent / "layers.py", here.parent / "rounding.py"]
    return sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()


def _digest(content: object) -> str:
    return sha256(json.dumps(content).encode()).hexdigest()[:16]
