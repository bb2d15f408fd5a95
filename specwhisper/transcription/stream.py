"""A call that tells of its progress, turned into something that can be iterated over."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Event, Thread
from typing import Generic, TypeVar

from specwhisper.transcription.runs import StopTranscribing

Told = TypeVar("Told")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class _End(Generic[Result]):
    """How the call ended."""

    result: Result | None = None
    error: BaseException | None = None


def stream(call: Callable[[Callable[[Told], None]], Result]) -> Generator[Told, None, Result]:
    """What a call tells, as it comes, and at last what it returns; it runs in a thread of its own.

    When the generator is closed, the call is stopped the next time it tells something (by
    ``StopTranscribing``), and waited for: what it worked with is free afterwards.

    Args:
        call: is given a function to tell something with.
    """
    told: SimpleQueue[Told | _End[Result]] = SimpleQueue()
    stopped = Event()

    def tell(something: Told) -> None:
        if stopped.is_set():
            raise StopTranscribing
        told.put(something)

    def work() -> None:
        try:
            told.put(_End(call(tell)))
        except BaseException as error:  # noqa: BLE001 - whoever iterates is to hear of it
            told.put(_End(error=error))

    worker = Thread(target=work, name="specwhisper-stream", daemon=True)
    worker.start()
    try:
        while not isinstance(said := told.get(), _End):
            yield said
    finally:
        stopped.set()
        worker.join()
    if said.error is not None:
        raise said.error
    assert said.result is not None
    return said.result
