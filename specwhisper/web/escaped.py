"""Standard error without control characters: nobody forges a log line or moves the cursor of who reads it.

File names, paths and error messages hold what strangers sent. A line end inside of what is written at once
stays, but the next line is indented, so that it cannot pass for a line of its own.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_NEXT_LINE = re.compile(r"\n(?=[^\s])")


def escaped(text: str) -> str:
    """As it is written: control characters as ``\\x1b``, later lines indented."""
    start = "\r" if text.startswith("\r") else ""  # progress bars return to the start of their line
    text = _CONTROL.sub(lambda found: ascii(found[0])[1:-1], text[len(start) :])
    return start + _NEXT_LINE.sub("\n    ", text)


class Escaped:
    """A text stream that writes everything escaped."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        self._stream.write(escaped(text))
        return len(text)

    def writelines(self, lines: list[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def escaped_output() -> Iterator[None]:
    """While inside, standard output and standard error write escaped, whoever writes there."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = Escaped(before[0]), Escaped(before[1])
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before
