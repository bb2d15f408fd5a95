"""The live sessions of all visitors: sound of their microphones in, text as far as it has got out."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from threading import Event, Lock, Thread

import numpy as np

from specwhisper.audio.arrays import scaled
from specwhisper.errors import LiveError
from specwhisper.results import Transcript
from specwhisper.service.answer import explain
from specwhisper.transcription.live.session import LiveSession
from specwhisper.transcription.live.update import LiveUpdate

_KEPT = 600  # chunks whose time is remembered, for the latency
_LOOK = 1.0  # seconds between two looks whether its page still sends
_STALE = 2.0  # seconds without sound after which a new recording is another one
_ABANDONED = 15.0  # seconds without sound after which it is over
_PATIENCE = 60.0  # seconds that a session may take to end

Begin = Callable[[int], AbstractContextManager[LiveSession]]
"""Begins a session for sound of so many samples per second."""


@dataclass(frozen=True, slots=True)
class Talk:
    """What there is of a session's text.

    Attributes:
        settled: it stays.
        provisional: what follows it, so far.
        seconds: of sound that was heard.
        latency: seconds from when that sound came to when this text was there; None before there is any.
        ready: whether the models are there.
    """

    settled: str = ""
    provisional: str = ""
    seconds: float = 0.0
    latency: float | None = None
    ready: bool = False


class LiveTalk:
    """One visitor's session, which begins with the first sound.

    Args:
        begin: see :data:`Begin`.
    """

    def __init__(self, begin: Begin, rate: int) -> None:
        self._came: deque[tuple[float, float]] = deque(maxlen=_KEPT)  # seconds of sound, and when it came
        self._fed = 0.0
        self._rate = rate
        self._before: list[np.ndarray] = []  # sound that came before the models were there
        self._lock = Lock()
        self._session: LiveSession | None = None
        self._transcript: Transcript | None = None
        self._error: Exception | None = None
        self._told = False
        self._ended = Event()
        self._gone = False
        self.talk = Talk()
        Thread(target=self._work, args=(begin,), name="live-talk", daemon=True).start()

    def failed(self) -> Exception | None:
        """Why it ended before its time; told once."""
        if self._error is None or self._told:
            return None
        self._told = True
        return self._error

    def feed(self, samples: np.ndarray) -> None:
        """More sound: mono float32 at the rate that it began with."""
        with self._lock:
            self._fed += len(samples) / self._rate
            self._came.append((self._fed, time.monotonic()))
            session = self._session
            if session is None:
                self._before.append(samples)
        if session is not None:
            try:
                session.feed(samples)
            except LiveError:  # it failed, and its error says how
                self._ended.wait(_PATIENCE)

    def close(self) -> Transcript | None:
        """No more sound; the transcript, None where it never began. Of a session that failed, what there is.

        Raises:
            Exception: what it failed of, before anything was written.
        """
        with self._lock:
            self._gone = True
            session = self._session
        if session is not None:
            session.close()
        self._ended.wait(_PATIENCE)
        transcript = self._transcript
        if self._error is not None:
            if transcript is None or not transcript.text:
                raise self._error
            transcript = replace(transcript, warnings=(explain(self._error),))
        return transcript

    def cancel(self) -> None:
        """The visitor is gone."""
        with self._lock:
            self._gone = True
            session = self._session
        if session is not None:
            session.cancel()

    def _work(self, begin: Begin) -> None:
        try:
            with begin(self._rate) as session:
                with self._lock:
                    before, self._before = self._before, []
                    gone = self._gone
                    self._session = session
                self.talk = replace(self.talk, ready=True)
                if before:
                    session.feed(np.concatenate(before))
                if gone:
                    session.close()
                try:
                    while not session.ended:
                        update = session.next(_LOOK)
                        if update is not None:
                            self._take(update)
                        elif self.quiet > _ABANDONED:  # its page is gone, though nobody has said so
                            session.close()
                finally:
                    self._transcript = session.transcript()
        except Exception as error:  # noqa: BLE001 - told where the visitor is
            self._error = error
        finally:
            self._ended.set()

    @property
    def quiet(self) -> float:
        """Seconds since the latest sound came."""
        return time.monotonic() - self._came[-1][1] if self._came else 0.0

    def _take(self, update: LiveUpdate) -> None:
        came = list(self._came)
        at = bisect_left(came, (update.seconds, 0.0))
        latency = time.monotonic() - came[at][1] if at < len(came) else None
        self.talk = replace(
            self.talk,
            settled=self.talk.settled + update.settled,
            provisional=update.provisional,
            seconds=update.seconds,
            latency=latency,
        )


class Talks:
    """Those that are open, by browser session."""

    def __init__(self) -> None:
        self._open: dict[str, LiveTalk] = {}
        self._stopped: set[str] = set()  # of their pages some sound may still come
        self._lock = Lock()

    def of(self, session: str | None) -> LiveTalk | None:
        """That visitor's, if it is open."""
        with self._lock:
            return self._open.get(session or "")

    def expect(self, session: str | None) -> None:
        """That visitor records from now on; the first sound may have been quicker than this."""
        with self._lock:
            self._stopped.discard(session or "")
        talk = self.of(session)
        if talk is not None and talk.quiet > _STALE:
            self.drop(session)

    def stopped(self, session: str | None) -> bool:
        """Whether that visitor has stopped, so that what still comes begins nothing."""
        with self._lock:
            return (session or "") in self._stopped

    def begin(self, session: str | None, begin: Begin, rate: int) -> LiveTalk:
        """A new one; an earlier one of the same visitor ends."""
        self.drop(session)
        talk = LiveTalk(begin, rate)
        with self._lock:
            self._stopped.discard(session or "")
            self._open[session or ""] = talk
        return talk

    def take(self, session: str | None) -> LiveTalk | None:
        """The same, which is no longer open."""
        with self._lock:
            self._stopped.add(session or "")
            return self._open.pop(session or "", None)

    def leave(self, session: str | None) -> None:
        """That visitor's page is gone."""
        self.drop(session)
        with self._lock:
            self._stopped.discard(session or "")

    def drop(self, session: str | None) -> None:
        """End it; nobody wants its text."""
        talk = self.take(session)
        if talk is not None:
            talk.cancel()


def mono(chunk: tuple[int, np.ndarray]) -> tuple[int, np.ndarray]:
    """Gradio's sound as float32 of one channel: the rate, and samples between -1 and 1."""
    rate, samples = chunk
    sound = scaled(samples)
    return rate, sound.mean(axis=1) if sound.ndim == 2 else sound
