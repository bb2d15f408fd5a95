"""A call that tells of its progress, turned into something that can be iterated over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from queue import SimpleQueue
from threading import Event, Thread

from specwhisper.results import Transcript, Update
from specwhisper.transcription.runs import OnUpdate, StopTranscribing


def stream(transcribe: Callable[[OnUpdate], Transcript]) -> Iterator[Update]:
    """The updates of a call, as they come; the call runs in a thread of its own.

    When the iterator is closed, the call is stopped at its next update, and waited for: the models are free
    afterwards.
    """
    told: SimpleQueue[Update | BaseException | None] = SimpleQueue()
    stopped = Event()

    def tell(update: Update) -> None:
        if stopped.is_set():
            raise StopTranscribing
        told.put(update)

    def work() -> None:
        try:
            transcribe(tell)
        except BaseException as error:  # noqa: BLE001 - whoever iterates is to hear of it
            told.put(error)
        else:
            told.put(None)

    worker = Thread(target=work, name="specwhisper-stream", daemon=True)
    worker.start()
    try:
        while (update := told.get()) is not None:
            if isinstance(update, BaseException):
                raise update
            yield update
    finally:
        stopped.set()
        worker.join()
