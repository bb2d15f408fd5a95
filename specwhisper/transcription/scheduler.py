"""The only one who runs the models: journeys of many recordings share their passes.

Every step is the same: who waits is given a row as far as there are rows, all rows go on by one cycle, and
what that finished goes back to its journey, which asks for its next window or ends. So a short clip joins
beside an hour's recording instead of waiting for it.

There is no thread of its own. Whoever waits for a result does the steps, for all, until that result is there;
then another one who waits takes over. What else is heavy, such as the search for speech, goes between two
steps: beside one, the pass and it would wait for each other's processors.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any, TypeVar

from specwhisper.errors import NoRoomError
from specwhisper.progress import StopTranscribing
from specwhisper.transcription.between_steps import BetweenSteps
from specwhisper.transcription.fair_queue import FairQueue
from specwhisper.transcription.job import Job
from specwhisper.transcription.tasks import (
    Align,
    DetectLanguage,
    Encode,
    Score,
    Steps,
    Task,
    Together,
    WindowTask,
    Written,
)
from specwhisper.transcription.window_decoder import WindowDecoder

Result = TypeVar("Result")

_LOOK = 0.25  # seconds between two looks whether somebody who waits still wants to
_MANY = 4
"""Windows after which a recording is a long one, whose next window is encoded after those of short ones."""

_PATIENCE = 2.0  # seconds that one of its windows is put off


@dataclass(eq=False)
class _Path:
    """A generator of tasks, and where it is.

    Attributes:
        asked: the window it waits to have encoded, ``since`` a moment of the monotonic clock.
        held: a window that is encoded, and waits for memory.
        placed: whether it has a row.
        parent: the path that waits for it and others; ``place`` among them.
        results: of those that it waits for.
    """

    job: Job[Any]
    decoder: WindowDecoder
    steps: Steps[Any]
    parent: _Path | None = None
    place: int = 0
    asked: Encode | None = None
    held: WindowTask | None = None
    since: float = 0.0
    placed: bool = False
    results: list[Any] = field(default_factory=list)
    awaited: int = 0


@dataclass(eq=False)
class _Turn:
    """Somebody who wants the device alone."""

    owner: int
    client: str
    granted: bool = False


class Scheduler:
    """Rows for the windows of many recordings.

    Args:
        rows: windows that are written together, at most; more where a job asks for them.
    """

    def __init__(self, rows: int = 1) -> None:
        self._rows = rows
        self._changed = threading.Condition()
        self._leading = False
        self._between_steps = BetweenSteps()
        self._queue: FairQueue[_Path | _Turn] = FairQueue()
        self._paths: list[_Path] = []
        self._decoders: tuple[WindowDecoder, ...] = ()
        self._jobs: list[Job[Any]] = []
        self._arrived: list[_Path] = []
        self._turn: _Turn | None = None

    @property
    def waiting(self) -> int:
        """Jobs that have had no row yet."""
        return sum(not job.started for job in self._jobs)

    def run(self, job: Job[Result], decoder: WindowDecoder, steps: Steps[Result]) -> Result:
        """Submit a journey and wait for what comes of it.

        Args:
            job: with which the journey tells of itself.
            decoder: the models it asks.
            steps: the journey.
        """
        with self._changed:
            self._jobs.append(job)
            self._arrived.append(_Path(job, decoder, steps))
        self._until(lambda: job.done, job, decoder)
        error = job.error or job.interrupt
        if error is not None and (job.result is None or not isinstance(error, StopTranscribing)):
            raise error
        return job.result  # type: ignore[return-value]

    @contextmanager
    def exclusive(
        self, client: str = "", on_wait: Callable[[int], None] = lambda ahead: None
    ) -> Iterator[None]:
        """Have the device to oneself, for timings of one's own; what this thread runs meanwhile goes on.

        Args:
            on_wait: told about four times a second how many wait; what it raises gives up the turn.
        """
        turn = _Turn(threading.get_ident(), client)
        with self._changed:
            has_it = self._turn is not None and self._turn.owner == turn.owner
            if not has_it:
                self._queue.push(client, turn)
        if has_it:
            yield
            return
        job: Job[None] = Job(
            client, on_progress=lambda fraction, message: on_wait(self.waiting), started=True
        )
        try:
            self._until(lambda: turn.granted or job.interrupt is not None, job)
            if job.interrupt:
                raise job.interrupt
            yield
        finally:
            with self._changed:
                if self._turn is turn:
                    self._turn = None
                self._queue.remove(client, turn)
                self._changed.notify_all()

    def between_steps(self) -> AbstractContextManager[None]:
        """Have the processors for something short that is no pass, one caller at a time."""
        return self._between_steps.turn()

    def _until(
        self, finished: Callable[[], bool], job: Job[Any], decoder: WindowDecoder | None = None
    ) -> None:
        """Do steps, or wait while another one does them, and hand on what the job tells."""
        while not finished():
            with self._changed:
                lead, self._leading = not self._leading, True
            if lead:
                try:
                    self._lead(finished, job, decoder)
                finally:
                    with self._changed:
                        self._leading = False
                        self._changed.notify_all()
            if not finished():
                # Another one leads, or has the device to itself.
                self._wait(finished, job)
                job.deliver()
                job.remind(max(self.waiting - 1, 0))
        job.deliver()

    def _wait(self, finished: Callable[[], bool], job: Job[Any]) -> None:
        """Look again when something has changed, or after a moment."""
        try:
            with self._changed:
                if not finished():
                    self._changed.wait(_LOOK)
        except BaseException as error:  # noqa: BLE001 - Ctrl-C, raised again where the job ends
            job.interrupt = error

    def _lead(self, finished: Callable[[], bool], job: Job[Any], decoder: WindowDecoder | None) -> None:
        """Do steps until one's own job is done, or there is nothing to do."""
        decoder = decoder or next((path.decoder for path in self._paths), None)
        with decoder.main.network.exclusive_threads() if decoder else nullcontext():
            try:
                while not finished() and self._step():
                    job.deliver()
            finally:
                self._between_steps.rest()

    def _step(self) -> bool:
        """Schedule, run, and hand on what is finished; whether there was anything to do."""
        try:
            # Looked at first, for between two cycles every microsecond counts: the threads of a pass go to
            # sleep when the next one lets them wait.
            worked = False
            self._between_steps.admit()
            if self._arrived or any(job.interrupt for job in self._jobs):
                worked = self._arrive()
            if self._queue:
                worked |= self._admit()
            for decoder in self._decoders:
                if decoder.busy:
                    worked = True
                    for owner, written in decoder.step():
                        assert isinstance(owner, _Path)
                        self._advance(owner, written)
            return worked
        except BaseException as error:
            self._fail(error)
            raise

    def _arrive(self) -> bool:
        """Begin journeys that are new, and end those that are no longer wanted."""
        with self._changed:
            arrived, self._arrived = self._arrived, []
        for path in arrived:
            self._paths.append(path)
            self._know_decoders()
            self._advance(path, None)
        interrupted = [job for job in self._jobs if job.interrupt and not job.done]
        for job in interrupted:
            self._end_early(job)
        return bool(arrived or interrupted)

    def _admit(self) -> bool:
        """Give rows to those who wait."""
        admitted = False
        while (path := self._next()) is not None:
            admitted = True
            if path.held is not None:
                held, path.held = path.held, None
                path.placed = True
                self._begin(path, held)
                continue
            asked, path.asked = path.asked, None
            assert asked is not None
            path.placed = path.job.started = True
            path.job.windows += 1
            try:
                window = path.decoder.encode(asked)
            except Exception as error:  # noqa: BLE001 - of this recording alone
                self._ended(path, error=error)
                continue
            self._advance(path, window)
        return admitted

    def _next(self) -> _Path | None:
        """The next who may have a row now."""
        with self._changed:
            placed = [path for path in self._paths if path.placed]
            room = max([self._rows, *(job.rows for job in self._jobs)])
            if len(placed) >= room or any(path.job.exclusive for path in placed):
                return None
            if self._turn is not None:
                return self._next_of(self._turn.owner)
            first = next((each for each in self._queue if not self._gives_way(each, placed)), None)
            if isinstance(first, _Turn):
                if not placed:
                    self._queue.take(first.client, first)
                    self._turn, first.granted = first, True
                    self._changed.notify_all()
                return None
            if first is None or (first.job.exclusive and placed):
                return None
            written = sum(path.decoder is first.decoder for path in placed)
            if written and written >= first.decoder.most_rows:
                return None
            self._queue.take(first.job.client, first)
            return first

    def _gives_way(self, waiting: _Path | _Turn, placed: list[_Path]) -> bool:
        """Whether this is one more window of a long recording, and short ones wait or are being written:
        encoding it would hold them up for as long as all the rest that they need.
        """
        if isinstance(waiting, _Turn) or waiting.job.rows > 1 or waiting.job.windows < _MANY:
            return False
        if time.monotonic() - waiting.since > _PATIENCE:
            return False
        others = [*placed, *(each for each in self._queue if isinstance(each, _Path))]
        return any(other.job.windows < _MANY for other in others)

    def _next_of(self, owner: int) -> _Path | None:
        """The next among those that the holder of the device runs."""
        waiting = (path for path in self._paths if path.asked or path.held)
        path = next((path for path in waiting if path.job.owner == owner), None)
        if path:
            self._queue.remove(path.job.client, path)
        return path

    def _advance(self, path: _Path, answer: Any) -> None:
        """Send a path its answer, and do what it asks for next as far as that can be done at once."""
        decoder = path.decoder
        while True:
            try:
                task: Task = path.steps.send(answer)
                if isinstance(task, Encode):
                    path.placed = False
                    path.asked, path.since = task, time.monotonic()
                    with self._changed:  # others push and remove their turns
                        self._queue.push(path.job.client, path)
                    return
                if isinstance(task, WindowTask):
                    answer = self._placed(path, task)
                    if answer is None:
                        return
                elif isinstance(task, DetectLanguage):
                    answer = decoder.detect(task)
                elif isinstance(task, Align):
                    answer = decoder.align(task)
                elif isinstance(task, Score):
                    answer = decoder.score(task)
                else:
                    answer = self._split(path, task)
                    if answer is None:
                        return
            except StopIteration as ended:
                self._ended(path, ended.value)
                return
            except Exception as error:  # noqa: BLE001 - of this recording alone
                self._ended(path, error=error)
                return

    def _begin(self, path: _Path, task: WindowTask) -> None:
        """Let a window that waited for memory become a row."""
        try:
            answer = self._placed(path, task)
        except Exception as error:  # noqa: BLE001 - of this recording alone
            self._ended(path, error=error)
        else:
            if answer is not None:
                self._advance(path, answer)

    def _placed(self, path: _Path, task: WindowTask) -> Written | None:
        """Make a window a row; where memory runs out it waits until another one leaves.

        Raises:
            NoRoomError: there is no other, so that it will never have room.
        """
        try:
            return path.decoder.begin(task, path)
        except NoRoomError:
            others = (each for each in self._paths if each.placed and each is not path)
            if not any(other.decoder is path.decoder for other in others):
                raise
        path.placed, path.held = False, task
        path.since = time.monotonic()
        with self._changed:
            self._queue.push(path.job.client, path)
        return None

    def _split(self, path: _Path, task: Together) -> list[Any] | None:
        """Begin journeys that one waits for; at once what comes of them where there are none."""
        path.placed = False
        path.results = [None] * len(task.journeys)
        path.awaited = len(task.journeys)
        children = [
            _Path(path.job, path.decoder, steps, path, place) for place, steps in enumerate(task.journeys)
        ]
        self._paths.extend(children)
        for child in children:
            self._advance(child, None)
        return None if children else []

    def _ended(self, path: _Path, result: Any = None, error: BaseException | None = None) -> None:
        """A path is at its end."""
        if path not in self._paths:
            return
        self._paths.remove(path)
        parent = path.parent
        if error is not None:
            self._finish(path.job, error=error)
        elif parent is None:
            self._finish(path.job, result)
        else:
            parent.results[path.place] = result
            parent.awaited -= 1
            if not parent.awaited:
                self._advance(parent, parent.results)

    def _end_early(self, job: Job[Any]) -> None:
        """Take a job's rows away; one that is to stop gives what there is."""
        root = next(path for path in self._paths if path.job is job and path.parent is None)
        self._withdraw(job, but=root)
        self._let_go(root)
        root.placed, root.asked, root.held = False, None, None
        try:
            root.steps.throw(job.interrupt)  # type: ignore[arg-type]
        except StopIteration as ended:
            self._ended(root, ended.value)
        except BaseException as error:  # noqa: BLE001 - usually the interrupt itself
            self._ended(root, error=error)
        else:
            self._ended(root, error=job.interrupt)

    def _withdraw(self, job: Job[Any], but: _Path | None = None) -> None:
        """Forget the paths of a job."""
        for path in [path for path in self._paths if path.job is job and path is not but]:
            self._let_go(path)
            self._paths.remove(path)
            path.steps.close()

    def _let_go(self, path: _Path) -> None:
        """Take its row and its place in the queue away."""
        path.decoder.drop(path)
        with self._changed:
            self._queue.remove(path.job.client, path)

    def _finish(self, job: Job[Any], result: Any = None, error: BaseException | None = None) -> None:
        self._withdraw(job)
        self._know_decoders()
        with self._changed:
            job.result, job.error = result, error
            job.done = True
            self._jobs.remove(job)
            self._changed.notify_all()

    def _know_decoders(self) -> None:
        self._decoders = tuple({id(path.decoder): path.decoder for path in self._paths}.values())

    def _fail(self, error: BaseException) -> None:
        """A step was torn apart (Ctrl-C): nobody knows where the rows are, so nobody keeps one."""
        for path in self._paths:
            path.decoder.clear()
        with self._changed:
            jobs, self._arrived = [*self._jobs], []
        for job in jobs:
            self._finish(job, error=error)
