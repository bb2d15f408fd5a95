"""The finished part of a recording on disk, so that a stopped run can go on where it was.

A file of JSON lines: first what the run is (the sound and every option that shapes the text), then one line
per window with all that came of it and where the next one begins. A line is written whole before the next
window starts; what a crash leaves half written is cut off.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from specwhisper.errors import OptionError
from specwhisper.names import shown
from specwhisper.results import Seconds
from specwhisper.transcription.tasks import Spoken
from specwhisper.transcription.walk import Part, Place

if TYPE_CHECKING:
    from pydantic import TypeAdapter

FORMAT = 4


def fingerprint(samples: np.ndarray, options: dict[str, Any]) -> str:
    """One string for a recording and the options that shape its text."""
    made = hashlib.sha256(json.dumps([FORMAT, options], sort_keys=True).encode())
    made.update(np.ascontiguousarray(samples).view(np.uint8).data)
    return made.hexdigest()


def is_journal(path: Path) -> bool:
    """Whether a :class:`Journal` can be kept there: it holds one, or nothing."""
    try:
        with path.open("rb") as file:
            first = file.readline()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return not first or "run" in (_parsed(first) or {})


class Journal:
    """What has been finished of one run.

    Args:
        path: of the file; made when there is something to write.
        run: its :func:`fingerprint`. A journal of another run is begun anew.

    Attributes:
        parts: the windows that were finished earlier.
        encoded: how long encoding each of them took.
        place: where to go on; None at the beginning.
        spoken: the language of the recording, as far as known.

    Raises:
        OptionError: on construction, when the file cannot be used, or is something else than a journal.
    """

    def __init__(self, path: Path, run: str) -> None:
        self._path = path
        self._run = run
        self.parts: list[Part] = []
        self.encoded: list[Seconds] = []
        self.place: Place | None = None
        self.spoken: Spoken | None = None
        self._keep = 0  # bytes of the file that are whole and ours
        try:
            lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
            with path.open("ab"):  # found out now, and not after the first window
                pass
        except OSError as error:
            raise OptionError(
                f"The journal {shown(str(path))} cannot be used ({error.strerror}): choose another."
            ) from error
        self._load(lines)

    def append(self, part: Part, encoded: Seconds, place: Place, spoken: Spoken) -> None:
        """Keep a finished window.

        Raises:
            OSError: the disk is full, or the file cannot be written.
        """
        line = _lines().dump_json(_Window(part, encoded, place, spoken)) + b"\n"
        with self._path.open("r+b" if self._path.exists() else "w+b") as file:
            file.truncate(self._keep)
            file.seek(self._keep)
            if not self._keep:
                file.write(json.dumps({"run": self._run}).encode() + b"\n")
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
            self._keep = file.tell()

    def remove(self) -> None:
        """The run is finished, and its result is elsewhere."""
        self._path.unlink(missing_ok=True)

    def _load(self, lines: list[bytes]) -> None:
        first = _parsed(lines[0]) if lines else {"run": ""}
        if first is None or "run" not in first:
            raise OptionError(f"{shown(str(self._path))} is there and is no journal: choose another name.")
        if first != {"run": self._run}:
            return
        self._keep = len(lines[0])
        for raw in lines[1:]:
            try:
                window = _lines().validate_json(raw if raw.endswith(b"\n") else b"")
            except ValueError:
                return  # cut off or damaged: from here on it is done again
            self.parts.append(window.part)
            self.encoded.append(window.encoded)
            self.place, self.spoken = window.place, window.spoken
            self._keep += len(raw)


@dataclass(frozen=True, slots=True)
class _Window:
    """A line of the file."""

    part: Part
    encoded: Seconds
    place: Place
    spoken: Spoken


@cache
def _lines() -> TypeAdapter[_Window]:
    """Writes and reads lines. Imported here and not above: a call without a journal does not need it."""
    from pydantic import TypeAdapter

    return TypeAdapter(_Window)


def _parsed(raw: bytes) -> dict[str, Any] | None:
    """A whole line; None for one that was cut off."""
    if not raw.endswith(b"\n"):
        return None
    try:
        data = json.loads(raw)
    except ValueError:
        return None
    return data if isinstance(data, dict) else None
