"""What the words of a command line mean: recordings, folders that hold some, standard input."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from specwhisper.audio.source import label
from specwhisper.endings import is_recording
from specwhisper.errors import NotAudioError
from specwhisper.names import shown
from specwhisper.terminal import complain

STANDARD_INPUT = "-"
_CALLED = "standard input"
_NOT_WALKED = frozenset(
    {"#recycle", "$recycle.bin", "@eadir", "__macosx", "lost+found", "system volume information"}
)
"""Folders, in lower case, in which systems keep what is theirs; so are those that begin with a dot."""


def expand(files: Sequence[str]) -> tuple[list[str], bool]:
    """The files, each once, and in the place of a folder every recording in it and below, by name.

    Hidden files and folders, and those that systems keep for themselves, are passed over where a folder is
    walked; one that is named is taken.

    Returns:
        The files, and whether something had to be left out (which has been said).

    Raises:
        NotAudioError: there is nothing to do.
    """
    found: list[str] = []
    troubles: list[str] = []
    for file in files:
        if file == STANDARD_INPUT or not os.path.isdir(file):  # noqa: PTH112 - Path's raises for some names
            found.append(file)
            continue
        inside, unread = _recordings_in(file)
        troubles += [
            f"The folder {shown(name)} cannot be read ({reason}): its recordings are left out."
            for name, reason in unread
        ]
        if not inside and not unread:
            troubles.append(f"The folder {shown(file)} holds no audio or video: name another, or files.")
        found += inside
    if not found:
        for trouble in troubles[1:]:
            complain(trouble)
        raise NotAudioError(troubles[0])
    for trouble in troubles:
        complain(trouble)
    once: dict[str, str] = {}
    for file in found:
        once.setdefault(identity(file), file)
    return list(once.values()), bool(troubles)


def folder(value: str) -> Path:
    """A folder's name; the empty one (a variable that is not set?) is none."""
    if not value:
        raise argparse.ArgumentTypeError("it is empty: name a folder")
    return Path(value)


def identity(file: str) -> str:
    """The same for all spellings of one file: its full path."""
    if file == STANDARD_INPUT:
        return file
    try:
        return str(Path(file).absolute())
    except OSError:  # the folder that we are in is gone
        return file


def called(file: str) -> str:
    """The file in a message."""
    return _CALLED if file == STANDARD_INPUT else shown(file)


def located(message: str, file: str) -> str:
    """A message of the engine, which knows a recording by its name, with the path that was named here.

    Two folders may hold recordings of one name.
    """
    return message.replace(label(Path(file).name), f"'{called(file)}'", 1)


def sound_of(file: str) -> str | IO[bytes]:
    """The file as a recording that can be loaded.

    Raises:
        NotAudioError: standard input is asked for, and nothing can come from it.
    """
    if file != STANDARD_INPUT:
        return file
    if sys.stdin is None or sys.stdin.closed:
        raise NotAudioError(f"The {_CALLED} is closed: pipe a recording into it, or name a file.")
    if sys.stdin.isatty():
        raise NotAudioError(f"The {_CALLED} is a terminal: pipe a recording into it, or name a file.")
    raw = io.FileIO(sys.stdin.fileno(), closefd=False)
    raw.name = _CALLED  # what messages about the recording call it
    return io.BufferedReader(raw)


def _recordings_in(folder: str) -> tuple[list[str], list[tuple[str, str]]]:
    """The recordings in a folder and below, by name, and what could not be read, with the reason.

    A link to nothing is one of them: whoever reads it says so.
    """
    found: list[str] = []
    unread: list[tuple[str, str]] = []

    def remember(error: OSError) -> None:
        unread.append((str(error.filename or folder), str(error.strerror or error)))

    for place, below, names in os.walk(folder, onerror=remember):
        below[:] = [name for name in below if not _is_hidden(name) and name.lower() not in _NOT_WALKED]
        paths = (Path(place, name) for name in names if is_recording(name) and not _is_hidden(name))
        found += [str(path) for path in paths if os.path.isfile(path) or _leads_nowhere(path)]  # noqa: PTH113
    return sorted(found), unread


def _leads_nowhere(path: Path) -> bool:
    return os.path.islink(path) and not os.path.exists(path)  # noqa: PTH110, PTH114 - as above


def _is_hidden(name: str) -> bool:
    return name.startswith(".")
