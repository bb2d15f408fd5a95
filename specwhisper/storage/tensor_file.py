"""Arrays in one file that is mapped into memory, not read.

The arrays lie one after the other, each from the beginning of a page; then comes a list of them, then a fixed
ending that says how long the list is. A file that breaks off or is of another length than its list says is
noticed. The mapping is private, and of the file only pages that are used are read: an array costs memory once
it is worked with, and processes that map the same file share it.
"""

from __future__ import annotations

import json
import mmap
import os
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import torch

_PAGE = 4096  # bytes
_ENDING = struct.Struct("<Q32s8s")  # length of the list, its SHA-256, and what tells these files from others
_MARK = b"SWTENSOR"


@dataclass(frozen=True)
class TensorFile:
    """What a file holds.

    Attributes:
        tensors: by name, in the memory that the file is mapped to.
        about: what else was written down.
    """

    tensors: Mapping[str, torch.Tensor]
    about: dict[str, Any]


def write_tensors(
    path: Path, tensors: Iterable[tuple[str, torch.Tensor]], about: dict[str, Any] | None = None
) -> None:
    """Write tensors under their names, one after the other, and whatever JSON can say about them.

    Raises:
        OSError: the file cannot be written.
    """
    arrays = []
    with path.open("wb") as file:
        for name, tensor in tensors:
            file.seek(-file.tell() % _PAGE, os.SEEK_CUR)
            array = np.ascontiguousarray(tensor.numpy())
            arrays.append((name, array.dtype.name, array.shape, file.tell()))
            file.write(array.data)
        listing = json.dumps({"about": about or {}, "arrays": arrays, "end": file.tell()}).encode()
        file.write(listing)
        file.write(_ENDING.pack(len(listing), sha256(listing).digest(), _MARK))


def map_tensors(path: Path) -> TensorFile | None:
    """The tensors of a file; None if it is not there or damaged."""
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
    tensors = {}
    for name, dtype, shape, start in read["arrays"]:
        kind = np.dtype(dtype)
        array = whole[start : start + kind.itemsize * int(np.prod(shape))].view(kind).reshape(shape)
        tensors[name] = torch.from_numpy(array)
    return TensorFile(tensors, read["about"])
