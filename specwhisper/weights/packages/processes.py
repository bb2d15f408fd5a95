"""Running a downloader as a child that never outlives the wish for it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

POLL = 0.1  # seconds between two looks at a running child
LAST_WISH = 3.0  # seconds between asking a child to stop and making it


class ChildFailedError(Exception):
    """A child ended badly; the message is the last meaningful line that it wrote."""


def run_child(
    command: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str],
    on_poll: Callable[[], None],
    stall_seconds: float = 300.0,
) -> None:
    """Run a command to its end, calling ``on_poll`` about ten times a second.

    The child and its own children are killed when anything is raised here (KeyboardInterrupt, an error in
    ``on_poll``), when this process is asked to terminate, or when nothing in ``folder`` has grown for
    ``stall_seconds``.

    Args:
        folder: where the child works; its output is kept there too.

    Raises:
        ChildFailedError: it could not be started, failed or stalled.
    """
    errors = folder / "stderr.txt"
    with errors.open("wb") as sink, terminate_is_an_exception():
        try:
            child = subprocess.Popen(
                list(command),
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                start_new_session=True,
            )
        except OSError as error:
            raise ChildFailedError(f"{Path(command[0]).name} cannot be started: {error.strerror}") from error
        try:
            _watch(child, folder, on_poll, stall_seconds)
        finally:
            _end(child)
    if child.returncode:
        raise ChildFailedError(last_meaningful_line(errors.read_text(errors="replace")))


def folder_bytes(folder: Path) -> int:
    """Bytes of all files below a folder, some of which may vanish while we look."""
    total = 0
    for root, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += Path(root, name).stat().st_size
    return total


def largest_file(folder: Path) -> int:
    """Bytes of the largest file below a folder."""
    largest = 0
    for root, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                largest = max(largest, Path(root, name).stat().st_size)
    return largest


def last_meaningful_line(text: str) -> str:
    """The line of a failing program's output that a person should see, without addresses."""
    # Where this machine gets its packages from is nothing for those who read a server's errors.
    text = re.sub(r"https?://\S+", "the registry", text)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    noise = ("npm error a complete log", "npm err! a complete log", "[notice]", "note:", "hint:")
    lines = [line for line in lines if not line.lower().startswith(noise)]
    # npm ends with advice; what went wrong is its first line that says more than "npm error".
    npm = [line.removeprefix("npm error").removeprefix("npm ERR!").strip() for line in lines if _is_npm(line)]
    npm = [line for line in npm if line and not line.lower().startswith(("code ", "errno ", "syscall "))]
    if npm:
        return npm[0]
    named = [line for line in lines if line.upper().startswith("ERROR")]
    chosen = (named or lines or ["it said nothing"])[-1]
    return chosen[6:].strip() if chosen.upper().startswith("ERROR:") else chosen


def _is_npm(line: str) -> bool:
    return line.startswith(("npm error", "npm ERR!"))


def _watch(
    child: subprocess.Popen[bytes], folder: Path, on_poll: Callable[[], None], stall_seconds: float
) -> None:
    seen, still = -1, 0.0
    while True:
        try:
            child.wait(timeout=POLL)
            return
        except subprocess.TimeoutExpired:
            on_poll()
        size = folder_bytes(folder)
        still = still + POLL if size == seen else 0.0
        seen = size
        if still > stall_seconds:
            raise ChildFailedError(f"nothing arrived for {stall_seconds:.0f} seconds")


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is not None:
        return
    for hard in (False, True):
        with suppress(OSError):
            if sys.platform == "win32":
                child.kill()
            else:
                # The whole session: npm is a program that starts another.
                os.killpg(child.pid, signal.SIGKILL if hard else signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            child.wait(timeout=LAST_WISH)
            return


@contextmanager
def terminate_is_an_exception() -> Iterator[None]:
    """While a child runs, let SIGTERM unwind the stack (as SystemExit) so that the child goes too.

    Only where nobody else handles the signal, and only in the main thread, which alone may do so.
    """
    free = (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    )
    if not free:
        yield
        return

    def leave(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
