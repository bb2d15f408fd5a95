"""Which recording each result in a folder belongs to, and what each new one is called.

Kept in the folder, so that another recording of the same name is not taken for done. Several runs may write
to one folder at a time: whoever changes the index locks it, reads what others wrote and adds to it.
"""

from __future__ import annotations

import json
import os
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from specwhisper.cli.inputs import STANDARD_INPUT, identity
from specwhisper.names import shown
from specwhisper.output.writers import to_json, write_file
from specwhisper.storage.locks import UnlockableError, locked
from specwhisper.terminal import note

INDEX = ".specwhisper.json"
LOCK = ".specwhisper.lock"
PATIENCE = 5.0  # seconds of waiting for another run before it is mentioned

_LONGEST = 180  # bytes of a result's name without its ending: most file systems take 255 in all


@dataclass(frozen=True, slots=True)
class Entry:
    """Of one name: whose it is (see ``cli.inputs.identity``), and whether its results are there."""

    owner: str
    done: bool


class Index:
    """The index of a folder: name without ending -> :class:`Entry`."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / INDEX
        self._lock = folder / LOCK
        self._lockable = True

    @contextmanager
    def changing(self) -> Iterator[dict[str, Entry]]:
        """What is in it now, for the caller to change; nobody else changes it meanwhile.

        Raises:
            OSError: it cannot be written.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._locked():
            entries = _read(self._path)
            before = dict(entries)
            yield entries
            if entries != before:
                write_file(self._path, to_json({name: _written(entry) for name, entry in entries.items()}))

    @contextmanager
    def _locked(self) -> Iterator[None]:
        if self._lockable:
            try:
                with locked(self._lock, self._say_that_we_wait()):
                    yield
                return
            except UnlockableError as error:
                self._lockable = False
                with suppress(OSError):
                    self._lock.unlink()
                note(
                    f"The folder {shown(str(self._lock.parent))} cannot be locked ({error.strerror}): "
                    "let no two runs write there at the same time."
                )
        yield

    def _say_that_we_wait(self) -> Callable[[float], None]:
        said = False

        def on_wait(seconds: float) -> None:
            nonlocal said
            if seconds > PATIENCE and not said:
                said = True
                note(f"waiting for another run that writes to {shown(str(self._lock.parent))}")

        return on_wait


def _read(path: Path) -> dict[str, Entry]:
    try:
        read = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    found: dict[str, Entry] = {}
    for name, written in read.items() if isinstance(read, dict) else ():
        if isinstance(written, str):
            found[name] = Entry(written, done=True)
        elif isinstance(written, dict) and isinstance(written.get("begun"), str):
            found[name] = Entry(written["begun"], done=False)
    return found


def _written(entry: Entry) -> str | dict[str, str]:
    return entry.owner if entry.done else {"begun": entry.owner}


def output_names(
    files: Sequence[str],
    folder: Path,
    forms: Sequence[str],
    owners: Mapping[str, str] | None = None,
    *,
    overwrite: bool = False,
) -> dict[str, str]:
    """A different name, without ending, for the results of every input.

    ``talk``; where two inputs would share that name (on any file system: case does not count), or it is
    another recording's already, or it would replace an input, ``talk.mp3``; and where that is so for this
    one, too, ``talk.mp3-2``.

    Args:
        forms: the endings of its results.
        owners: name -> the recording it belongs to since an earlier run, which keeps it.
        overwrite: what comes from standard input takes the place of what came from it before.
    """
    owners = owners or {}
    kept = {owner: name for name, owner in owners.items() if overwrite or owner != STANDARD_INPUT}
    taken = set(map(_folded, owners))
    stems = Counter(_folded(_stem(file)) for file in files)
    inputs = set(map(_real, files))

    def in_the_way(name: str) -> bool:
        paths = [folder / f"{name}.{form}" for form in forms]
        return any(os.path.isdir(path) or _real(path) in inputs for path in paths)  # noqa: PTH112

    names: dict[str, str] = {}
    for file in dict.fromkeys(files):
        name = kept.get(identity(file))
        if name is None or in_the_way(name):
            first = [_shortened(_stem(file))] if stems[_folded(_stem(file))] == 1 else []
            free = (
                name
                for name in _candidates(first, _whole(file))
                if _folded(name) not in taken and not in_the_way(name)
            )
            name = next(free)
        taken.add(_folded(name))
        names[file] = name
    return names


def is_free(name: str, entries: Mapping[str, Entry]) -> bool:
    """Whether no recording has that name, nor one that some file system takes for it."""
    return name not in entries and _folded(name) not in map(_folded, entries)


def _real(path: str | Path) -> str:
    """Where links lead to; the path itself where that cannot be told."""
    try:
        return os.path.realpath(path)
    except (OSError, ValueError):
        return str(path)


def _candidates(first: Sequence[str], name: str) -> Iterator[str]:
    yield from first
    yield _shortened(name)
    count = 1
    while True:
        count += 1
        yield f"{_shortened(name)}-{count}"


def _whole(file: str) -> str:
    return "stdin" if file == STANDARD_INPUT else Path(file).name


def _stem(file: str) -> str:
    return "stdin" if file == STANDARD_INPUT else Path(file).stem


def _folded(name: str) -> str:
    """The same for names that some file system takes for one."""
    return unicodedata.normalize("NFC", name).casefold()


def _shortened(name: str) -> str:
    """At most so much of a name as leaves room for a number and an ending."""
    while len(os.fsencode(name)) > _LONGEST:
        name = name[:-1]
    return name
