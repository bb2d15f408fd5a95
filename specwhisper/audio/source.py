"""Anything a caller may hand over as a recording, as one seekable binary file of known size.

Only Python's own ``open`` touches the file system here, so neither an address ("http://...") nor one of
FFmpeg's protocol strings ("concat:a|b", "subfile:...") can reach FFmpeg.
"""

from __future__ import annotations

import os
import re
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from specwhisper.audio.limits import MAX_SPOOLED_BYTES
from specwhisper.errors import AudioTooLongError, EmptyAudioError, NotAudioError
from specwhisper.names import shown

UNNAMED = "The recording"

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")  # two letters at least: "C:" is a Windows drive
_SPOOL_MEMORY = 64 << 20  # a pipe moves from memory to a temporary file past this many bytes
_CHUNK = 1 << 20
_IS_DEVICE = (stat.S_ISCHR, stat.S_ISBLK, stat.S_ISSOCK)


@dataclass(frozen=True, slots=True)
class Source:
    """An opened recording: ``file`` is seekable and stands at byte 0, ``size`` counts its bytes.

    ``ending``: of its name, lower case and without the dot; empty where there is none.
    """

    file: BinaryIO
    size: int
    name: str
    ending: str = ""


@contextmanager
def open_source(
    source: str | os.PathLike[str] | bytes | bytearray | memoryview | IO[bytes],
) -> Iterator[Source]:
    """Opens ``source``; what was opened here is closed at the end, the caller's own file object is not.

    A file object is read from its first byte, wherever it stands; one that cannot seek (a pipe) is copied
    into a temporary file first.

    Raises:
        NotAudioError: a missing file, a directory, a device, an address, or something that is no source.
        EmptyAudioError: zero bytes.
        AudioTooLongError: a pipe that does not end.
    """
    if isinstance(source, (bytes, bytearray, memoryview)):
        with BytesIO(source) as file:
            yield _measured(file, UNNAMED)
    elif isinstance(source, (str, os.PathLike)):
        path = _local_path(os.fspath(source))
        name = label(path.name)
        try:
            handle = path.open("rb")
        except OSError as error:
            raise NotAudioError(f"{name} cannot be opened ({error.strerror}); check its access.") from error
        with handle, _seekable(handle, name) as file:
            yield replace(_measured(file, name), ending=_ending(path))
    elif callable(getattr(source, "read", None)):
        given = getattr(source, "name", None)
        path = Path(given if isinstance(given, str) else "")
        name = label(path.name) if path.name else UNNAMED
        with _seekable(source, name) as file:
            yield replace(_measured(file, name), ending=_ending(path))
    else:
        raise NotAudioError(
            f"{UNNAMED} is a {type(source).__name__}; pass a path, bytes, a binary file object or an array."
        )


def _ending(path: Path) -> str:
    return path.suffix[1:].lower()


def label(name: str) -> str:
    """A name as it appears in messages: quoted, printable (no terminal escapes) and short."""
    return f"'{shown(name, 80)}'"


def _local_path(text: str | bytes) -> Path:
    """The path behind ``text``, which exists and is a regular file or a named pipe."""
    name = os.fsdecode(text)
    if not name:
        raise NotAudioError("The name of the recording is empty; pass the path of a file.")
    path = Path(name)
    named = label(path.name or name)
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:  # ValueError: a NUL character inside
        if scheme := _ADDRESS.match(name):  # the rest may hold a password or a key
            sentence = f"{label(scheme[0] + '...')} is an address, not a file; download it and pass the file."
        elif isinstance(error, FileNotFoundError) and path.is_symlink():
            sentence = f"{named} is a link to a file that does not exist; mend the link or pass the file."
        elif isinstance(error, (FileNotFoundError, NotADirectoryError)):
            sentence = f"{named} does not exist; check the path."
        else:
            sentence = f"{named} cannot be opened; check the path and its permissions."
        raise NotAudioError(sentence) from error
    if stat.S_ISDIR(mode):
        raise NotAudioError(f"{named} is a folder; pass the audio files inside it.")
    if any(is_device(mode) for is_device in _IS_DEVICE):
        raise NotAudioError(f"{named} is a device, not a file; record to a file and pass that.")
    return path


@contextmanager
def _seekable(file: Any, name: str) -> Iterator[BinaryIO]:
    """``file`` itself, or a temporary copy of what is left in it when it cannot seek."""
    if _can_seek(file):
        yield cast(BinaryIO, file)
        return
    with tempfile.SpooledTemporaryFile(max_size=_SPOOL_MEMORY) as copy:
        while chunk := _read(file, name):
            copy.write(chunk)
            if copy.tell() > MAX_SPOOLED_BYTES:
                gibibytes = MAX_SPOOLED_BYTES >> 30
                raise AudioTooLongError(f"{name} has not ended after {gibibytes} GiB; pass a file.")
        yield cast(BinaryIO, copy)


def _can_seek(file: Any) -> bool:
    try:
        return bool(file.seekable()) and file.seek(0) is not None
    except (AttributeError, OSError, ValueError):  # no such methods, a lie, or a closed file
        return False


def _read(file: Any, name: str) -> bytes:
    try:
        chunk = file.read(_CHUNK)
    except (OSError, ValueError) as error:
        raise NotAudioError(f"{name} cannot be read ({error}); open it again and retry.") from error
    if isinstance(chunk, str):
        raise NotAudioError(f"{name} was opened as text; open it in binary mode ('rb').")
    return chunk or b""


def _measured(file: BinaryIO, name: str) -> Source:
    """``file`` with its size, after a first read that shows whether it holds bytes at all."""
    try:
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        first = file.read(1)
        file.seek(0)
    except (OSError, ValueError) as error:
        raise NotAudioError(f"{name} cannot be read ({error}); open it again and retry.") from error
    if isinstance(first, str):
        raise NotAudioError(f"{name} was opened as text; open it in binary mode ('rb').")
    if not first:
        raise EmptyAudioError(f"{name} is empty (0 bytes); record or upload it again.")
    return Source(file, size, name)
