"""One call on its way through the scheduler: what it tells, and how it ends."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from specwhisper.progress import OnProgress, queued, unwatched
from specwhisper.results import OnUpdate, Update

Result = TypeVar("Result")


@dataclass(eq=False)
class Job(Generic[Result]):
    """A journey on its way through the scheduler.

    What it tells is kept until the one who waits for it looks, and handed on in that thread.

    Args:
        client: who asks; clients have rows by turns.
        rows: windows that it wants to have written together.
        on_progress, on_update: told; what they raise ends the journey, a ``StopTranscribing`` with what
            there is.
        exclusive: no other window is written while one of its own is: its timings must be its own.
        started, windows: whether it has had a row, and how many windows have.
    """

    client: str = ""
    rows: int = 1
    exclusive: bool = False
    on_progress: OnProgress = unwatched
    on_update: OnUpdate | None = None
    owner: int = field(default_factory=threading.get_ident)
    started: bool = False
    windows: int = 0
    done: bool = False
    result: Result | None = None
    error: BaseException | None = None
    interrupt: BaseException | None = None
    """Why it shall end before its time."""
    _progress: tuple[float, str] | None = None
    _latest: tuple[float, str] = (0.0, "")
    _updates: list[Update] = field(default_factory=list)

    def report(self, fraction: float, message: str) -> None:
        """Told by the journey: progress; only the latest is kept."""
        self._progress = self._latest = fraction, message

    def tell(self, update: Update) -> None:
        """Told by the journey: text; of pending text only the latest is kept."""
        if self._updates and not self._updates[-1].segments and not update.segments:
            self._updates.pop()
        self._updates.append(update)

    def deliver(self) -> None:
        """Hand on what was told; what the receivers raise is an interrupt."""
        if not (self._progress or self._updates) or self.interrupt:
            return
        progress, self._progress = self._progress, None
        updates, self._updates = self._updates, []
        try:
            if progress:
                self.on_progress(*progress)
            for update in updates if self.on_update else ():
                self.on_update(update)  # type: ignore[misc]
        except BaseException as error:  # noqa: BLE001 - raised again where the job is waited for
            self.interrupt = error

    def remind(self, ahead: int) -> None:
        """Say again what it is at, so that its receiver can give up."""
        if self.interrupt or self.done:
            return
        fraction, message = self._latest
        if not self.started:
            message = queued(ahead)
        try:
            self.on_progress(fraction, message)
        except BaseException as error:  # noqa: BLE001 - as above
            self.interrupt = error
