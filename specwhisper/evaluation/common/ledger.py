"""What a long measurement has found so far, kept line by line: it can be killed and taken up again."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TextIO, TypeVar

from pydantic import TypeAdapter, ValidationError

from specwhisper.errors import OptionError
from specwhisper.names import shown

NAME = "records.jsonl"
_DAMAGED = "{} is damaged: remove it, and the benchmark begins anew."

T = TypeVar("T")


class Ledger:
    """Records by key. With a file each is on the disk as soon as it is added.

    The first line says what was asked; a file of another question is never mixed with this one's.

    Args:
        path: None keeps everything in memory.
        question: all that the records depend on.

    Raises:
        OptionError: the file answers another question, or is not one of ours.
    """

    def __init__(self, path: Path | None, question: Mapping[str, Any]) -> None:
        self._path = path
        self._records: dict[str, Any] = {}
        self._file: TextIO | None = None
        if path is None:
            return
        first = json.dumps({"question": question}, sort_keys=True)
        whole = self._read(path, first) if path.exists() else 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("a", encoding="utf-8", errors="backslashreplace")
            self._file.truncate(whole)
            if not whole:
                self._write(first)
        except OSError as error:
            raise OptionError(
                f"{shown(str(path))} cannot be written ({error.strerror}): choose another folder."
            ) from error

    def __contains__(self, key: str) -> bool:
        return key in self._records

    def __len__(self) -> int:
        return len(self._records)

    def once(self, key: str, kind: type[T], make: Callable[[], T]) -> T:
        """The record of that name, made now if it is not there.

        Args:
            key: its name.
            kind: a dataclass, or a tuple of them, that JSON can carry.
            make: measures; after it what it returns survives whatever happens to the process.

        Raises:
            OptionError: the file holds something else of that name.
        """
        adapter = TypeAdapter(kind)
        if key not in self._records:
            record = adapter.dump_python(make(), mode="json")
            self._records[key] = record
            if self._file is not None:
                self._write(json.dumps({"key": key, "record": record}, ensure_ascii=False))
        try:
            # Always from the record, so that what was just measured and what was read are alike.
            return adapter.validate_python(self._records[key])
        except ValidationError as error:
            raise OptionError(_DAMAGED.format(shown(str(self._path)))) from error

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _write(self, line: str) -> None:
        assert self._file is not None
        try:
            self._file.write(line + "\n")
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise OptionError(
                f"{shown(str(self._path))} cannot be written ({error.strerror}): make room, and the same "
                "command goes on."
            ) from error

    def _read(self, path: Path, first: str) -> int:
        """Take in what is there; returns how many bytes of the file are whole lines."""
        try:
            content = path.read_bytes()
        except OSError as error:
            raise OptionError(
                f"{shown(str(path))} cannot be read ({error.strerror}): choose another folder."
            ) from error
        whole = content.rfind(b"\n") + 1  # a process that was killed may have left half a line
        lines = content[:whole].decode("utf-8", "replace").split("\n")[:-1]  # a text may hold U+2028
        if not lines:
            return 0
        if lines[0] != first:
            raise OptionError(
                f"{shown(str(path))} holds the answers to another question (other options, clips or "
                "version): name another --output-dir, or remove it."
            )
        try:
            for line in lines[1:]:
                entry = json.loads(line)
                self._records[entry["key"]] = entry["record"]
        except (ValueError, KeyError, TypeError) as error:
            raise OptionError(_DAMAGED.format(shown(str(path)))) from error
        return whole
