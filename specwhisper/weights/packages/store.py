"""Verified weight files, and the only ways to put one into the folder in which they are kept.

A file gets its own name only after its SHA-256 is the expected one, so whatever kills a download leaves no
file that is believed (see ``storage.folder``).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

from specwhisper.errors import WeightsCorruptError
from specwhisper.storage.folder import exclusive, partial_folder, store_folder, unwritable
from specwhisper.weights.packages.pinned import StoredFile

CHUNK = 1 << 20  # bytes


def stored_path(file: StoredFile) -> Path:
    """Where the file lies, or will lie."""
    return store_folder() / file.path


def is_stored(file: StoredFile) -> bool:
    """Whether a file of that name and size is there (a glance; see :func:`is_intact`)."""
    path = stored_path(file)
    return path.is_file() and path.stat().st_size == file.size


def is_intact(file: StoredFile) -> bool:
    """Whether the file is there and has the right digest.

    Every byte is hashed every time: base and tiny together take 0.3 s (1 s on a processor without SHA
    instructions), which is less than a wrong byte in a weight would cost anyone.
    """
    if not is_stored(file):
        return False
    digest = hashlib.sha256()
    with stored_path(file).open("rb") as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest() == file.sha256


def put(file: StoredFile, chunks: Iterable[bytes]) -> Path:
    """Write a file, verify it and only then give it its name. Call it inside :func:`exclusive`.

    Raises:
        WeightsCorruptError: the digest is another one; nothing is left behind.
        ModelError: the folder cannot be written, or the disk is full.
    """
    target = stored_path(file)
    temporary = partial_folder() / f"{file.sha256[:16]}.{os.getpid()}"
    digest = hashlib.sha256()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as stream:
            for chunk in chunks:
                digest.update(chunk)
                stream.write(chunk)
            stream.flush()
            os.fsync(stream.fileno())
        if digest.hexdigest() != file.sha256:
            raise WeightsCorruptError(
                f"{file.path} arrived with a wrong SHA-256 ({digest.hexdigest()[:12]} instead of "
                f"{file.sha256[:12]}): try again, and if it stays so, use another source."
            )
        temporary.replace(target)
    except OSError as error:
        raise unwritable(error, file.size) from error
    finally:
        temporary.unlink(missing_ok=True)
    return target


def keep_derived(content: bytes, name: str) -> Path:
    """Keep a file that was made here from another one, under its digest.

    Raises:
        ModelError: the folder cannot be written.
    """
    digest = hashlib.sha256(content).hexdigest()
    file = StoredFile(f"derived/{digest[:16]}/{name}", digest, len(content), ())
    if not is_intact(file):
        with exclusive():
            put(file, [content])
    return stored_path(file)
