"""The finished part of a recording on disk, so that a stopped run can go on where it was.

A file of JSON lines: first what the run is (the sound and every option that shapes the text), then one line
per window with its segments and where the next one begins. A line is written whole before the next window
starts; what a crash leaves half written is cut off.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np

from specwhisper.errors import OptionError
from specwhisper.names import shown
from specwhisper.results import Segment, Word
from specwhisper.transcription.language import Spoken
from specwhisper.transcription.sequential import Part, Place

FORMAT = 2


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
        place: where to go on; None at the beginning.
        spoken: the language of the recording, as far as known.

    Raises:
        OptionError: on construction, when the file cannot be used, or is something else than a journal.
    """

    def __init__(self, path: Path, run: str) -> None:
        self._path = path
        self._run = run
        self.parts: list[Part] = []
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

    def append(self, part: Part, place: Place, spoken: Spoken) -> None:
        """Keep a finished window.

        Raises:
            OSError: the disk is full, or the file cannot be written.
        """
        line = {
            "segments": [asdict(segment) for segment in part.segments],
            "place": asdict(place),
            "spoken": asdict(spoken),
        }
        with self._path.open("r+b" if self._path.exists() else "w+b") as file:
            file.truncate(self._keep)
            file.seek(self._keep)
            if not self._keep:
                file.write(_line({"run": self._run}))
            file.write(_line(line))
            file.flush()
            os.fsync(file.fileno())
            self._keep = file.tell()

    def remove(self) -> None:
        """The run is finished, and its result is elsewhere."""
        self._path.unlink(missing_ok=True)

    def _load(self, lines: list[bytes]) -> None:
        read = list(map(_parsed, lines))
        if lines and (read[0] is None or "run" not in read[0]):
            raise OptionError(f"{shown(str(self._path))} is there and is no journal: choose another name.")
        if not read or read[0] != {"run": self._run}:
            return
        self._keep = len(lines[0])
        for raw, parsed in zip(lines[1:], read[1:], strict=True):
            line = parsed or {}
            try:
                part = Part(tuple(map(_segment, line["segments"])), ())
                place = Place(**{**line["place"], "written": tuple(line["place"]["written"])})
                spoken = Spoken(**line["spoken"])
            except (LookupError, TypeError, AttributeError):
                return  # cut off or damaged: from here on it is done again
            self.parts.append(part)
            self.place, self.spoken = place, spoken
            self._keep += len(raw)


def _line(data: dict[str, Any]) -> bytes:
    return json.dumps(data, ensure_ascii=False).encode() + b"\n"


def _parsed(raw: bytes) -> dict[str, Any] | None:
    """A whole line; None for one that was cut off."""
    if not raw.endswith(b"\n"):
        return None
    try:
        data = json.loads(raw)
    except ValueError:
        return None
    return data if isinstance(data, dict) else None


def _segment(data: dict[str, Any]) -> Segment:
    known = {field.name for field in fields(Segment)}
    plain = {key: value for key, value in data.items() if key in known}
    words = tuple(Word(**word) for word in data["words"])
    return Segment(**{**plain, "tokens": tuple(data["tokens"]), "words": words})
