"""Where a benchmark ran, for its report."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from specwhisper import __version__
from specwhisper.network.cpu.machine import processor
from specwhisper.network.cpu.thread_pool import allowed

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
        processor=processor(),
        cores=allowed(),
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        versions=versions,
    )


def installed_version(package: str) -> str | None:
    """The version of a distribution; None when it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None
