"""Where weights lie here, and where more can be had from."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from specwhisper.doctor.findings import Place, Source
from specwhisper.network.cpu.kernel_cache import kernel_folder
from specwhisper.storage.folder import store_folder
from specwhisper.weights import hub
from specwhisper.weights.packages.clients import (
    Command,
    needs_node,
    npm_problem,
    npm_view,
    pip_index,
    pip_problem,
)

_PATIENCE = 20.0  # seconds


def places() -> tuple[Place, ...]:
    """The folders in which something is kept."""
    from huggingface_hub import constants

    store = store_folder()
    return (
        _place("weights that were verified, and packed ones", store),
        _place("kernels compiled for this version", kernel_folder()),
        _place("the Hugging Face cache", Path(constants.HF_HUB_CACHE)),
    )


def sources() -> tuple[Source, ...]:
    """The Hub and the package registries, asked side by side."""
    with ThreadPoolExecutor() as threads:
        answers = [threads.submit(ask) for ask in (_hub, _pip, _npm)]
        return tuple(answer.result() for answer in answers)


def _place(content: str, folder: Path) -> Place:
    there = next(each for each in (folder, *folder.parents) if each.exists())
    try:
        free = shutil.disk_usage(there).free
    except OSError:
        free = None
    return Place(content, str(folder), _size(folder), os.access(there, os.W_OK), free)


def _size(folder: Path) -> int:
    total = 0
    for where, _, names in os.walk(folder):
        for name in names:
            path = Path(where, name)
            try:
                total += 0 if path.is_symlink() else path.stat().st_size
            except OSError:
                continue  # gone meanwhile
    return total


def _hub() -> Source:
    found = hub.reachable()
    return Source("Hugging Face Hub", found.ok, found.reason or "it answers")


def _pip() -> Source:
    problem = pip_problem()
    return Source("pip", False, problem) if problem else _asked("pip", pip_index())


def _npm() -> Source:
    problem = npm_problem()
    if problem:
        return Source("npm", False, problem)
    if needs_node():
        return Source("npm", True, "not installed; fetched with pip when it is needed")
    with tempfile.TemporaryDirectory() as folder:
        return _asked("npm", npm_view(Path(folder)))


def _asked(name: str, command: Command) -> Source:
    try:
        done = subprocess.run(
            command.arguments,
            env=command.environment,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=_PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Source(name, False, f"no answer within {_PATIENCE:.0f} s")
    except OSError as error:
        return Source(name, False, f"it does not start ({error.strerror})")
    if done.returncode == 0:
        return Source(name, True, "its registry answers")
    return Source(name, False, "its registry does not answer, or does not have our packages")
