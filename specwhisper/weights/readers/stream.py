"""Reading binary files that may be damaged: every length is checked against what is left of the file."""

from __future__ import annotations

import math
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import torch

from specwhisper.errors import WeightsCorruptError

MAX_NAME = 1 << 12  # bytes


class Stream:
    """A file read from front to back.

    Every method raises :class:`WeightsCorruptError` instead of reading past the end or reserving memory
    for more bytes than the file has.
    """

    def __init__(self, file: IO[bytes], path: Path) -> None:
        self._file = file
        self._path = path
        self._size = os.fstat(file.fileno()).st_size

    @property
    def left(self) -> int:
        """Bytes between here and the end of the file."""
        return self._size - self._file.tell()

    def numbers(self, layout: str) -> tuple[Any, ...]:
        """Little-endian numbers in :mod:`struct` notation."""
        return struct.unpack("<" + layout, self.bytes(struct.calcsize("<" + layout)))

    def number(self, layout: str) -> int:
        """One number."""
        return int(self.numbers(layout)[0])

    def bytes(self, count: int) -> bytes:
        """That many bytes."""
        self._need(count)
        return self._file.read(count)

    def skip(self, count: int) -> None:
        """Pass over that many bytes."""
        self._need(count)
        self._file.seek(count, os.SEEK_CUR)

    def name(self, count: int) -> str:
        """A text of that many bytes."""
        if count > MAX_NAME:
            raise self.damaged(f"a name of {count:,} bytes")
        try:
            return self.bytes(count).decode()
        except UnicodeDecodeError as error:
            raise self.damaged("a name that is no text") from error

    def tensor(self, shape: tuple[int, ...], dtype: torch.dtype) -> torch.Tensor:
        """The next tensor, straight into its own memory."""
        if any(size < 0 for size in shape):
            raise self.damaged(f"a tensor of shape {list(shape)}")
        self._need(math.prod(shape) * dtype.itemsize)
        values = torch.empty(shape, dtype=dtype)
        if values.numel():
            self._file.readinto(values.view(-1).view(torch.uint8).numpy())  # type: ignore[attr-defined]
        return values

    def damaged(self, what: str) -> WeightsCorruptError:
        """The error that says what was found."""
        return WeightsCorruptError(f"{self._path} is damaged or cut short ({what}): get the file again.")

    def _need(self, count: int) -> None:
        if not 0 <= count <= self.left:
            raise self.damaged(f"{count:,} bytes wanted, {self.left:,} left")


@contextmanager
def open_stream(path: Path) -> Iterator[Stream]:
    """Open a file for reading from front to back.

    Raises:
        WeightsCorruptError: it cannot be opened or read.
    """
    try:
        with path.open("rb") as file:
            yield Stream(file, path)
    except OSError as error:
        raise WeightsCorruptError(
            f"{path} cannot be read ({error.strerror or error}): get it again."
        ) from error
