"""Which of many files is next, and what becomes of a run in which some cannot be done."""

from __future__ import annotations

import errno
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import Enum, auto

from specwhisper.cli.inputs import called, located
from specwhisper.errors import AudioError, OptionError, SpecWhisperError
from specwhisper.terminal import complain

DONE, FAILED = 0, 1
OF_ALL = frozenset(
    (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EPIPE, errno.EMFILE, errno.ENFILE)
)
"""Errors of the system that every further file would meet as well: a full disk, a reader that went away."""


class Turn(Enum):
    """Whether a file is to be worked on."""

    NOW = auto()
    LATER = auto()
    """Another run is at it."""
    NEVER = auto()
    """It is done."""


Begin = Callable[[str, bool], Turn]
"""Called with a file, and whether to wait until no other run is at it."""


def at_once(file: str, wait: bool) -> Turn:
    """Every file in its order."""
    return Turn.NOW


class Tally:
    """What went wrong so far; a file that cannot be done is named, and the rest go on.

    Args:
        failed: told of each such file, and why.

    Attributes:
        status: the exit status of the run.
    """

    def __init__(self, failed: Callable[[str, str], None]) -> None:
        self._failed = failed
        self.status = DONE

    @contextmanager
    def of(self, file: str) -> Iterator[None]:
        """The work on one file.

        Raises:
            OptionError: an option is wrong, for every file.
            OSError: the results of no file can be written.
        """
        try:
            yield
        except OptionError:
            raise
        except SpecWhisperError as error:
            said = str(error)
            # Complaints about audio name the file themselves.
            self.add(
                file,
                located(said, file) if isinstance(error, AudioError) else f"{called(file)}: {said}",
                error,
            )
        except OSError as error:
            if error.errno in OF_ALL:
                raise
            reason = error.strerror or type(error).__name__
            self.add(file, f"{called(file)}: it could not be finished ({reason}); try it again.", error)

    def add(self, file: str, complaint: str, error: Exception) -> None:
        """A file could not be done."""
        complain(complaint)
        self._failed(file, str(error))
        self.status = FAILED


class Queue:
    """Files that wait. Those that another run is at are put off to the end.

    Args:
        begin: says whose turn it is.
        tally: told where that cannot be said.
    """

    def __init__(self, files: Sequence[str], begin: Begin, tally: Tally) -> None:
        self._waiting = deque(files)
        self._put_off: set[str] = set()
        self._begin = begin
        self._tally = tally

    def __len__(self) -> int:
        return len(self._waiting)

    def first(self) -> str:
        """The one that waits longest."""
        return self._waiting[0]

    def take(self, *, patiently: bool = True) -> str | None:
        """The next file whose turn it is; None where there is none.

        Args:
            patiently: wait for those that were put off. Not while holding one that others may wait for.
        """
        while self._waiting:
            file, turn = self._waiting[0], Turn.NEVER
            if file in self._put_off and not patiently:
                return None
            self._waiting.popleft()
            with self._tally.of(file):
                turn = self._begin(file, file in self._put_off)
            if turn is Turn.NOW:
                return file
            if turn is Turn.LATER:
                self._put_off.add(file)
                self._waiting.append(file)
        return None
