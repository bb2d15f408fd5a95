"""Captions while somebody speaks: sound is fed in, text is iterated over."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Literal

import numpy as np

from specwhisper.audio.arrays import scaled
from specwhisper.audio.resample import Resampler, check_rate
from specwhisper.audio.waveform import SAMPLE_RATE
from specwhisper.errors import LiveError, OptionError
from specwhisper.results import Segment, Transcript
from specwhisper.transcription.live.listener import LiveListener
from specwhisper.transcription.live.meter import LiveMeter
from specwhisper.transcription.live.update import LiveUpdate
from specwhisper.transcription.tasks import UNHEARD, Spoken

Order = Literal["commit", "clear"]

_WAITING = 30 * SAMPLE_RATE  # samples that wait, at most; then :meth:`LiveSession.feed` does

_PIECE = SAMPLE_RATE // 2  # samples that are heard before anything is done about them
_HURRY = 2 * SAMPLE_RATE  # samples that wait when only what cannot wait is done

Describe = Callable[[tuple[Segment, ...], str, Spoken, float, LiveMeter], Transcript]
"""Makes a transcript of segments, the whole text, the language, the seconds of sound and what it cost."""


class LiveSession:
    """What is said, while it is said. Build one with ``Transcriber.live``.

    One thread feeds sound and closes; another one iterates over the updates. Both may be the same, which then
    feeds first, closes, and iterates at last.

    Args:
        listener: does the work, in a thread of this session.
        describe: makes its transcript.
        rate: of the samples that will be fed (Hz).

    Raises:
        OptionError: no such rate.
    """

    def __init__(self, listener: LiveListener, describe: Describe, rate: float = SAMPLE_RATE) -> None:
        check_rate(rate)
        self._listener = listener
        self._describe = describe
        self._rate = rate
        self._resampler = Resampler("The sound")
        self._changed = threading.Condition()
        self._inbox: deque[np.ndarray | Order] = deque()
        self._waiting = 0
        self._closed = self._cancelled = self._idle = False
        self._error: BaseException | None = None
        self.ended = False
        """Whether all updates have been told."""
        self._told: SimpleQueue[LiveUpdate | None] = SimpleQueue()
        self._segments: list[Segment] = []
        self._text: list[str] = []
        self._thread = threading.Thread(target=self._work, name="specwhisper-live", daemon=True)
        self._thread.start()

    @property
    def done(self) -> bool:
        """Whether nothing will be told any more."""
        return not self._thread.is_alive()

    @property
    def meter(self) -> LiveMeter:
        """What it has cost so far."""
        return self._listener.meter

    def feed(self, samples: np.ndarray) -> None:
        """More sound. Where more than 30 s wait to be heard, it waits for that.

        Args:
            samples: mono floats between -1 and 1, or integers over their whole range; any number of them, at
                the session's rate.

        Raises:
            OptionError, NotAudioError: that is no sound.
            LiveError: the session is at its end.
        """
        sound = self._resampler.chunk(_floats(samples), self._rate)
        for first in range(0, len(sound), _PIECE):
            piece = sound[first : first + _PIECE]
            with self._changed:
                self._changed.wait_for(lambda: self._waiting < _WAITING or self._closed)
                self._check_open()
                self._inbox.append(piece)
                self._waiting += len(piece)
                self._idle = False
                self._changed.notify_all()

    def commit(self) -> None:
        """Settle what was fed so far, pause or not.

        Raises:
            LiveError: the session is at its end.
        """
        self._order("commit")

    def clear(self) -> None:
        """Forget sound that is not settled yet.

        Raises:
            LiveError: the session is at its end.
        """
        self._order("clear")

    def close(self) -> None:
        """No more sound will come: what there is gets settled, then the updates end."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def cancel(self) -> None:
        """End at once; what is not settled is lost. Returns when nothing of it runs any more."""
        with self._changed:
            self._closed = self._cancelled = True
            self._changed.notify_all()
        self._thread.join()

    def drained(self, timeout: float | None = None) -> bool:
        """Wait until all that was fed has been heard; whether it has."""
        with self._changed:
            return self._changed.wait_for(lambda: self._idle or self.done, timeout)

    def __iter__(self) -> Iterator[LiveUpdate]:
        """What is new, until the session ends; each update once.

        Raises:
            SpecWhisperError: the sentence about what went wrong.
        """
        while not self.ended:
            update = self.next()
            if update is not None:
                yield update

    def next(self, timeout: float | None = None) -> LiveUpdate | None:
        """The next update; None where there is none in so many seconds, or ever (see :attr:`ended`).

        Raises:
            SpecWhisperError: as iterating.
        """
        if self.ended:
            return None
        try:
            update = self._told.get(timeout=timeout)
        except Empty:
            return None
        if update is None:
            self.ended = True
            self._told.put(None)  # for others who wait, too
            if self._error is not None:
                raise self._error
        return update

    def transcript(self) -> Transcript:
        """What is settled so far. Text that has no time yet is in no segment."""
        spoken = self._listener.spoken or UNHEARD
        text = "".join(self._text).strip()
        return self._describe(tuple(self._segments), text, spoken, self._listener.seconds, self.meter)

    def __enter__(self) -> LiveSession:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cancel()

    def _order(self, order: Order) -> None:
        with self._changed:
            self._check_open()
            self._inbox.append(order)
            self._idle = False
            self._changed.notify_all()

    def _check_open(self) -> None:
        if self._closed:
            raise LiveError("The live session is closed: begin another one.")

    def _work(self) -> None:
        try:
            while (taken := self._take()) is not None:
                self._do(taken)
            if not self._cancelled:
                self._listener.hear(self._resampler.flush())
                self._tell(self._listener.finish())
        except BaseException as error:  # noqa: BLE001 - whoever iterates is to hear of it
            self._error = error
        finally:
            with self._changed:
                self._closed = True
                self._inbox.clear()
                self._waiting = 0
                self._changed.notify_all()
            self._told.put(None)

    def _take(self) -> list[np.ndarray | Order] | None:
        """What has come; None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._inbox or self._closed or not self._idle)
            if self._cancelled or (self._closed and not self._inbox):
                return None
            taken: list[np.ndarray | Order] = []
            heard = 0
            while self._inbox and heard < _PIECE:
                taken.append(self._inbox.popleft())
                heard += len(taken[-1]) if isinstance(taken[-1], np.ndarray) else 0
            self._waiting -= heard
            self._changed.notify_all()
        return taken

    def _do(self, taken: list[np.ndarray | Order]) -> None:
        """Hear what has come, and do the most urgent thing; idle where nothing is due."""
        for each in taken:
            if isinstance(each, np.ndarray):
                self._listener.hear(each)
            elif each == "commit":
                self._tell(self._listener.commit())
            else:
                self._tell(self._listener.clear())
        update = self._listener.work(hurried=self._waiting >= _HURRY)
        self._tell(update)
        if update is None:
            with self._changed:
                self._idle = not self._inbox
                self._changed.notify_all()

    def _tell(self, update: LiveUpdate | None) -> None:
        if update is None:
            return
        self._segments += update.segments
        if update.settled:
            self._text.append(update.settled)
        self._told.put(update)


def _floats(samples: object) -> np.ndarray:
    """Samples as float32 between -1 and 1, a copy.

    Raises:
        OptionError: they are none.
        NotAudioError: whole numbers of a type that says nothing of their range.
    """
    given = np.asarray(samples)
    if given.ndim != 1 or given.dtype.kind not in "fiu" or not np.isfinite(given).all():
        raise OptionError("A live session takes mono samples: one row of finite numbers.")
    return scaled(given)
