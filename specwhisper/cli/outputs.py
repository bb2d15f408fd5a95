"""Where results of ``transcribe`` go: what is there already, what another run is at, what was begun."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from specwhisper.cli.inputs import STANDARD_INPUT, called, identity
from specwhisper.cli.output_index import Entry, Index, is_free, output_names
from specwhisper.cli.turns import OF_ALL, Turn
from specwhisper.errors import OptionError, OutputError
from specwhisper.names import shown
from specwhisper.storage.locks import LockFile, UnlockableError
from specwhisper.terminal import note

if TYPE_CHECKING:
    from specwhisper.output.cues import Layout
    from specwhisper.results import Transcript

POLL = 0.2  # seconds between two looks at a recording that another run is at


class Outputs:
    """The files of one run, in ``--output-dir``.

    Other runs may write there at the same time: a recording is done by the one that comes first.

    Args:
        folder: ``--output-dir``.
        files: recordings, in their order.
        forms: kinds of files, each an ending.
        layout: of subtitles.
        overwrite: do what is finished again.

    Raises:
        OptionError: the folder cannot be made or written.
    """

    def __init__(
        self, folder: Path, files: Sequence[str], forms: Sequence[str], layout: Layout, *, overwrite: bool
    ) -> None:
        self._overwrite = overwrite
        self._folder = folder
        self._forms = tuple(forms)
        self._layout = layout
        self._index = Index(self._folder)
        self._held: dict[str, LockFile] = {}
        check_folder(self._folder)
        try:
            with self._index.changing() as entries:
                self._names = self._reserve(files, entries)
                self._ready = {file for file in files if self._is_done(file, entries)}
        except OSError as error:
            raise OptionError(
                f"--output-dir {shown(str(self._folder))} cannot be written ({error.strerror}): "
                "choose another."
            ) from error

    def __enter__(self) -> Outputs:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let others have the names of what was not done."""
        for file in tuple(self._held):
            self._let_go(file)
        with suppress(OSError):
            self._forget(file for file in self._names if not self._is_begun(file))

    def unfinished(self, files: Sequence[str]) -> list[str]:
        """Those whose results are not there yet; the others are named."""
        left = []
        for file in files:
            if file in self._ready:
                self._say_done(file)
            else:
                left.append(file)
        return left

    def begin(self, file: str, wait: bool) -> Turn:
        """Claim a recording for this run.

        Args:
            wait: until no other run is at it.

        Raises:
            OutputError: nothing can be written for it.
        """
        with _said_of(file):
            while True:
                if not self._claim(file, wait):
                    return Turn.LATER
                with self._index.changing() as entries:
                    if self._is_done(file, entries):
                        break
                    if self._is_mine(file, entries):
                        return Turn.NOW
                    self._names |= self._reserve([file], entries)
                self._let_go(file)  # a third run took the name meanwhile
        self._let_go(file)
        self._say_done(file)
        return Turn.NEVER

    def journal(self, file: str) -> Path | None:
        """Where the finished part of a recording is kept meanwhile; None where something is in the way."""
        from specwhisper.transcription.journal import is_journal

        path = self._journal(file)
        return path if file in self._held and is_journal(path) else None

    def write(self, file: str, transcript: Transcript, *, partial: bool = False) -> None:
        """Write every kind; ``partial`` ones have another name and wait for the rest.

        Raises:
            OutputError: they cannot be written.
            OSError: nor can any other's.
        """
        from specwhisper.output.writers import WRITERS, write_file

        name = self._names[file]
        if partial and not transcript.text:
            note(f"{called(file)} -> stopped before anything was written")
            return
        with _said_of(file):
            for form, target in self._targets(file).items():
                begun = target.with_name(f"{target.name}.partial")
                write_file(begun if partial else target, WRITERS[form](transcript, self._layout))
                said = "stopped; what there is: " if partial else ""
                note(f"{called(file)} -> {said}{shown(str(begun if partial else target))}")
            if partial:
                return
            with self._index.changing() as entries:
                entries[name] = Entry(identity(file), done=True)
        for form in WRITERS:
            with suppress(OSError):
                (self._folder / f"{name}.{form}.partial").unlink()
        self._let_go(file, finished=True)

    def give_up(self, file: str) -> None:
        """A recording that could not be done needs no name."""
        held = file in self._held
        self._let_go(file)
        if held and not self._is_begun(file):
            with suppress(OSError):
                self._forget([file])

    def _targets(self, file: str) -> dict[str, Path]:
        return {form: self._folder / f"{self._names[file]}.{form}" for form in self._forms}

    def _journal(self, file: str) -> Path:
        return self._folder / f".{self._names[file]}.journal"

    def _is_begun(self, file: str) -> bool:
        """Whether a part of it is kept, for another run to go on."""
        return os.path.exists(self._journal(file))  # noqa: PTH110 - Path's raises for some names

    def _is_done(self, file: str, entries: Mapping[str, Entry]) -> bool:
        if self._overwrite or file == STANDARD_INPUT:  # of which nobody knows whether it is the same again
            return False
        mine = entries.get(self._names[file]) == Entry(identity(file), done=True)
        return mine and all(map(os.path.exists, self._targets(file).values()))

    def _is_mine(self, file: str, entries: dict[str, Entry]) -> bool:
        """Whether the recording still has its name, or could have it again where another run gave it up."""
        name, mine = self._names[file], Entry(identity(file), done=False)
        if is_free(name, entries):
            entries[name] = mine
        return name in entries and entries[name].owner == mine.owner

    def _say_done(self, file: str) -> None:
        note(f"{called(file)}: already done (--overwrite does it again)")

    def _reserve(self, files: Sequence[str], entries: dict[str, Entry]) -> dict[str, str]:
        owners = {name: entry.owner for name, entry in entries.items()}
        names = output_names(files, self._folder, self._forms, owners, overwrite=self._overwrite)
        for file, name in names.items():
            entries.setdefault(name, Entry(identity(file), done=False))
        return names

    def _forget(self, files: Iterable[str]) -> None:
        """Take what is only begun out of the index."""
        with self._index.changing() as entries:
            for file in files:
                if entries.get(self._names[file]) == Entry(identity(file), done=False):
                    del entries[self._names[file]]

    def _claim(self, file: str, wait: bool) -> bool:
        """Keep other runs away from a recording, by its journal; False where one is at it."""
        self._folder.mkdir(parents=True, exist_ok=True)  # it may have been cleared away meanwhile
        lock, said = LockFile(self._journal(file)), False
        try:
            while not lock.take():
                if not wait:
                    return False
                if not said:
                    note(f"{called(file)}: another run is at it; waiting")
                    said = True
                time.sleep(POLL)
        except (UnlockableError, IsADirectoryError):
            pass  # then without
        self._held[file] = lock
        return True

    def _let_go(self, file: str, *, finished: bool = False) -> None:
        """Let others claim it; of the journal stays what it takes to go on."""
        lock = self._held.pop(file, None)
        if lock is None:
            return
        lock.give_back(remove=finished or _is_empty(lock.path))


def _is_empty(path: Path) -> bool:
    try:
        return path.stat().st_size == 0
    except OSError:
        return False


@contextmanager
def _said_of(file: str) -> Iterator[None]:
    """What goes wrong with one recording's results alone, as a sentence about it.

    Raises:
        OutputError: the sentence.
    """
    try:
        yield
    except OSError as error:
        if error.errno in OF_ALL:
            raise
        raise OutputError(
            f"Its transcript cannot be written ({error.strerror or error}): name another --output-dir."
        ) from error


def check_folder(folder: Path) -> None:
    """Find out now, and not after an hour of work, whether results can be written.

    Raises:
        OptionError: they cannot.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = "it is a file" if os.path.isfile(folder) else error.strerror  # noqa: PTH113 - never raises
        raise OptionError(
            f"--output-dir {shown(str(folder))} cannot be made ({reason}): choose another."
        ) from error
    if not os.access(folder, os.W_OK):
        raise OptionError(f"--output-dir {shown(str(folder))} cannot be written: choose another.")


def check_output(path: Path, *, overwrite: bool) -> None:
    """See that a single file can be written, before any work is done for it.

    Raises:
        OptionError: it cannot, or is there already.
    """
    name = shown(str(path))
    if path.exists() and not overwrite:
        raise OptionError(f"{name} exists: name another file, or add --overwrite.")
    if not path.parent.is_dir():
        raise OptionError(f"The folder of {name} does not exist: make it first.")
    if path.is_dir() or not os.access(path.parent, os.W_OK):
        raise OptionError(f"{name} cannot be written: name another file.")
