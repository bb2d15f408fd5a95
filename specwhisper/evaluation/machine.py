"""Where a benchmark ran, for its report."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from specwhisper import __version__
from specwhisper.evaluation.peers.catalogue import installed_version

PACKAGES = (
    "torch",
    "transformers",
    "numpy",
    "faster-whisper",
    "ctranslate2",
    "openai-whisper",
    "pywhispercpp",
    "jiwer",
)


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine and what is installed there; None for packages that are not."""

    processor: str
    cores: int
    system: str
    python: str
    versions: dict[str, str | None]


def describe_machine(packages: Sequence[str] = PACKAGES) -> Machine:
    """This machine."""
    # Our own version is not asked of the installer: we may run from a checkout.
    versions: dict[str, str | None] = {"specwhisper": __version__}
    versions.update({package: installed_version(package) for package in packages})
    return Machine(
        processor=_processor(),
        cores=available_cores(),
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        versions=versions,
    )


def available_cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"
