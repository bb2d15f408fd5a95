"""A call in a thread of its own: what it tells as it comes, at last what it returns."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from math import isnan
from queue import SimpleQueue
from threading import TIMEOUT_MAX, Event, Thread
from typing import Generic, TypeVar

from specwhisper.errors import GivenUpError, OptionError
from specwhisper.progress import StopTranscribing
from specwhisper.transcription.options import check_kind

Told = TypeVar("Told")
Result = TypeVar("Result")


class Background(Generic[Told, Result]):
    """A call that runs while others go on.

    Args:
        call: is given a function to tell something with, which raises ``StopTranscribing`` once the call has
            been cancelled, and one for progress.

    Attributes:
        progress: the fraction done, which never falls, and a short message.
    """

    def __init__(
        self, call: Callable[[Callable[[Told], None], Callable[[float, str], None]], Result]
    ) -> None:
        self.progress = 0.0, ""
        self._call = call
        self._told: SimpleQueue[tuple[Told] | None] = SimpleQueue()
        self._cancelled = Event()
        self._result: list[Result] = []
        self._error: BaseException | None = None
        self._worker = Thread(target=self._work, name="specwhisper-background", daemon=True)
        self._worker.start()

    @property
    def done(self) -> bool:
        return not self._worker.is_alive()

    def updates(self) -> Iterator[Told]:
        """What the call tells, until it ends; each once, so nothing is left for whoever asks again."""
        while (said := self._told.get()) is not None:
            yield said[0]
        self._told.put(None)

    def result(self, timeout: float | None = None) -> Result:
        """What the call returned; after :meth:`cancel` that may be less.

        Raises:
            OptionError: the timeout is no number of seconds.
            GivenUpError: it was cancelled before there was anything to return.
            TimeoutError: it is not there after so many seconds.
            Exception: what the call raised.
        """
        if timeout is not None:
            check_kind("timeout", timeout, ((int, float), "a number of seconds or None"))
            if isnan(timeout):
                raise OptionError("The option 'timeout' is a number of seconds or None, not nan.")
        self._worker.join(None if timeout is None else min(timeout, TIMEOUT_MAX))
        if self._worker.is_alive():
            raise TimeoutError(f"The result is not there after {timeout:g} seconds.")
        if self._error is not None:
            raise self._error
        return self._result[0]

    def cancel(self) -> None:
        """Stop the call the next time it tells something, and wait for that: what it used is free then."""
        self._cancelled.set()
        self._worker.join()

    def _work(self) -> None:
        try:
            self._result.append(self._call(self._tell, self._on_progress))
        except StopTranscribing:
            self._error = GivenUpError("It was cancelled before anything was written down.")
        except BaseException as error:  # noqa: BLE001 - whoever waits is to hear of it
            self._error = error
        finally:
            self._told.put(None)

    def _tell(self, something: Told) -> None:
        self._check()
        self._told.put((something,))

    def _on_progress(self, fraction: float, message: str) -> None:
        self._check()
        self.progress = max(fraction, self.progress[0]), message

    def _check(self) -> None:
        if self._cancelled.is_set():
            raise StopTranscribing


def stream(call: Callable[[Callable[[Told], None]], Result]) -> Generator[Told, None, Result]:
    """What a call tells, as it comes, and at last what it returns.

    When the generator is closed, the call is stopped the next time it tells something.

    Args:
        call: is given a function to tell something with.
    """
    running: Background[Told, Result] = Background(lambda tell, on_progress: call(tell))
    try:
        yield from running.updates()
    finally:
        running.cancel()
    return running.result()
