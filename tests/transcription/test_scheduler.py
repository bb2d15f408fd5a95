"""Who gets a row when, with scripted models: nothing here depends on a network or a clock."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from specwhisper.errors import GivenUpError
from specwhisper.progress import StopTranscribing
from specwhisper.results import Decoded, Update
from specwhisper.transcription.job import Job
from specwhisper.transcription.scheduler import Scheduler
from specwhisper.transcription.tasks import Encode, Together, WindowTask, Written

SILENCE = np.zeros(0, np.float32)


class Decoder:
    """Writes every window in as many cycles as its number says; remembers who was in each cycle."""

    def __init__(self, pause: float = 0.0) -> None:
        self.main = SimpleNamespace(network=SimpleNamespace(exclusive_threads=nullcontext))
        self.cycles: list[tuple[str, ...]] = []
        self.most_rows = math.inf
        self.encoded: list[str] = []
        self._pause = pause
        self._left: dict[Any, int] = {}

    @property
    def busy(self) -> bool:
        return bool(self._left)

    def encode(self, task: Any) -> str:
        if task.samples == "broken":
            raise ValueError("this one is broken")
        self.encoded.append(task.samples)
        return task.samples

    def begin(self, task: WindowTask, owner: Any) -> None:
        owner.name = task.window
        self._left[owner] = task.number

    def step(self) -> list[tuple[Any, Written]]:
        time.sleep(self._pause)
        self.cycles.append(tuple(sorted(owner.name for owner in self._left)))
        self._left = {owner: left - 1 for owner, left in self._left.items()}
        done = [owner for owner, left in self._left.items() if left <= 0]
        for owner in done:
            self.drop(owner)
        return [(owner, Written(Decoded((), (), True))) for owner in done]

    def drop(self, owner: Any) -> None:
        self._left.pop(owner, None)

    def clear(self) -> None:
        self._left.clear()


def window(name: str, cycles: int) -> Generator[Any, Any, str]:
    encoded = yield Encode(name, False, False)  # type: ignore[arg-type]
    yield WindowTask(encoded, None, None, None, cycles)  # type: ignore[arg-type]
    return name


def journey(name: str, *windows: int, job: Job[Any] | None = None) -> Generator[Any, Any, list[str]]:
    """Windows of so many cycles, one after the other; stops with what there is."""
    done: list[str] = []
    try:
        for number, cycles in enumerate(windows):
            done.append((yield from window(f"{name}{number}", cycles)))
            if job:
                job.report(number / len(windows), done[-1])
                job.tell(Update((), done[-1], 0.0, 1.0))
    except StopTranscribing:
        pass
    return done


@pytest.fixture
def together() -> Iterator[Callable[..., dict[str, Any]]]:
    """Runs journeys in threads, begun in their order, and gives what came of them."""
    threads: list[threading.Thread] = []

    def run(scheduler: Scheduler, decoder: Decoder, *calls: tuple[str, Job[Any], Any]) -> dict[str, Any]:
        results: dict[str, Any] = {}

        def one(name: str, job: Job[Any], steps: Any) -> None:
            try:
                results[name] = scheduler.run(job, decoder, steps)
            except Exception as error:  # noqa: BLE001 - looked at by the test
                results[name] = error

        for call in calls:
            threads.append(threading.Thread(target=one, args=call, daemon=True))
            threads[-1].start()
            time.sleep(0.02)
        for thread in threads:
            thread.join(10)
        assert not any(thread.is_alive() for thread in threads)
        return results

    yield run


def test_one_by_itself() -> None:
    decoder = Decoder()
    assert Scheduler().run(Job(), decoder, journey("a", 2, 1)) == ["a0", "a1"]
    assert decoder.cycles == [("a0",), ("a0",), ("a1",)]


def test_windows_of_several_share_cycles_up_to_the_rows(together) -> None:
    decoder, scheduler = Decoder(0.01), Scheduler(2)
    calls = [(name, Job(name), journey(name, 9, 9)) for name in "abc"]
    assert together(scheduler, decoder, *calls) == {name: [f"{name}0", f"{name}1"] for name in "abc"}
    assert max(map(len, decoder.cycles)) == 2
    assert scheduler.waiting == 0


def test_clients_have_rows_by_turns(together) -> None:
    """Three recordings of one client do not stand before the single one of another."""
    decoder, scheduler = Decoder(0.01), Scheduler(1)
    calls = [(name, Job("greedy"), journey(name, 12)) for name in "abc"]
    together(scheduler, decoder, *calls, ("m", Job("modest"), journey("m", 1)))
    assert decoder.encoded == ["a0", "b0", "m0", "c0"]


def test_a_short_one_joins_beside_a_long_one(together) -> None:
    decoder, scheduler = Decoder(0.005), Scheduler(2)
    done: list[str] = []

    def finishing(name: str, steps: Any) -> Generator[Any, Any, Any]:
        result = yield from steps
        done.append(name)
        return result

    long = finishing("long", journey("l", *[10] * 20))
    together(scheduler, decoder, ("l", Job("l"), long), ("s", Job("s"), finishing("short", journey("s", 2))))
    assert done == ["short", "long"]


@pytest.mark.parametrize("patience", [10.0, 0.0])
def test_a_long_one_encodes_its_next_window_when_short_ones_are_written(
    together, monkeypatch: pytest.MonkeyPatch, patience: float
) -> None:
    """Encoding takes longer than writing: it would hold up whoever is being written. But only for a while."""
    monkeypatch.setattr("specwhisper.transcription.scheduler._PATIENCE", patience)
    decoder, scheduler = Decoder(0.002), Scheduler(2)
    calls = [("l", Job("long"), journey("l", *[1] * 200)), ("s", Job("short"), journey("s", 40))]
    done = together(scheduler, decoder, *calls)
    assert len(done["l"]) == 200 and done["s"] == ["s0"]
    beside = {name for cycle in decoder.cycles if "s0" in cycle for name in cycle} - {"s0"}
    assert len(beside) <= 1 if patience else len(beside) > 5


def test_rows_that_a_job_asks_for(together) -> None:
    decoder = Decoder(0.01)
    jobs = [(name, Job(rows=3), journey(name, 9)) for name in "abc"]
    together(Scheduler(1), decoder, *jobs)
    assert max(map(len, decoder.cycles)) == 3


def test_windows_that_do_not_know_of_each_other() -> None:
    def steps() -> Generator[Any, Any, list[str]]:
        first = yield from window("first", 1)
        return [first, *(yield Together([window(f"w{n}", 3 - n) for n in range(3)]))]

    decoder = Decoder()
    result = Scheduler().run(Job(rows=2), decoder, steps())
    assert result == ["first", "w0", "w1", "w2"]
    assert ("w0", "w1") in decoder.cycles

    def nothing() -> Generator[Any, Any, list[str]]:
        return (yield Together([]))

    assert Scheduler().run(Job(), decoder, nothing()) == []


def test_an_exclusive_job_has_its_cycles_to_itself(together) -> None:
    decoder, scheduler = Decoder(0.005), Scheduler(3)
    calls = [("x", Job("x", exclusive=True), journey("x", 4, 4, 4))]
    calls += [(name, Job(name), journey(name, 6, 6)) for name in "ab"]
    together(scheduler, decoder, *calls)
    assert all(len(cycle) == 1 for cycle in decoder.cycles if any(name[0] == "x" for name in cycle))
    assert any(len(cycle) == 2 for cycle in decoder.cycles)


def test_the_device_to_oneself(together) -> None:
    decoder, scheduler = Decoder(0.005), Scheduler(3)
    inside: list[int] = []

    def alone() -> None:
        with scheduler.exclusive(), scheduler.exclusive():  # the same thread may ask again
            before = len(decoder.cycles)
            time.sleep(0.1)
            inside.append(len(decoder.cycles) - before)
            assert scheduler.run(Job(), decoder, journey("own", 2)) == ["own0"]

    thread = threading.Thread(target=lambda: (time.sleep(0.05), alone()))
    thread.start()
    together(scheduler, decoder, *[(name, Job(name), journey(name, *[6] * 6)) for name in "ab"])
    thread.join(10)
    assert inside == [0]
    assert [cycle for cycle in decoder.cycles if "own0" in cycle] == [("own0",)] * 2


def test_who_gives_up_waiting_for_the_device_leaves_no_trace() -> None:
    scheduler, holding, done = Scheduler(), threading.Event(), threading.Event()

    def hold() -> None:
        with scheduler.exclusive():
            holding.set()
            done.wait(5)

    thread = threading.Thread(target=hold)
    thread.start()
    assert holding.wait(5)

    def give_up(ahead: int) -> None:
        raise GivenUpError("gone")

    with pytest.raises(GivenUpError), scheduler.exclusive("b", give_up):
        pass
    done.set()
    thread.join(5)
    assert scheduler.run(Job(), Decoder(), journey("a", 1)) == ["a0"]


def test_what_is_wrong_with_one_is_no_matter_of_the_others(together) -> None:
    def broken() -> Generator[Any, Any, None]:
        yield from window("fine", 3)
        yield Encode("broken", False, False)  # type: ignore[arg-type]

    def wrong() -> Generator[Any, Any, None]:
        yield from window("well", 2)
        raise KeyError("in the journey")

    decoder, scheduler = Decoder(0.01), Scheduler(3)
    results = together(
        scheduler,
        decoder,
        ("b", Job("b"), broken()),
        ("w", Job("w"), wrong()),
        ("a", Job("a"), journey("a", 9, 9)),
    )
    assert isinstance(results["b"], ValueError)
    assert isinstance(results["w"], KeyError)
    assert results["a"] == ["a0", "a1"]
    assert not decoder.busy


@pytest.mark.parametrize("kind", [GivenUpError, KeyboardInterrupt, StopTranscribing])
def test_what_a_receiver_raises_ends_the_journey(kind: type[BaseException]) -> None:
    decoder, scheduler = Decoder(), Scheduler()

    def receive(update: Update) -> None:
        if update.pending == "a1":
            raise kind("enough")

    job: Job[Any] = Job(on_update=receive)
    steps = journey("a", 2, 2, 2, job=job)
    if kind is StopTranscribing:
        assert scheduler.run(job, decoder, steps) == ["a0", "a1"]
    else:
        with pytest.raises(kind):
            scheduler.run(job, decoder, steps)
    assert not decoder.busy
    assert scheduler.run(Job(), decoder, journey("b", 1)) == ["b0"]


def test_one_who_only_waits_can_give_up_too(together) -> None:
    decoder, scheduler = Decoder(0.01), Scheduler(1)
    told: list[str] = []

    def impatient() -> None:
        def give_up(fraction: float, message: str) -> None:
            told.append(message)
            raise GivenUpError("gone")

        with pytest.raises(GivenUpError):
            scheduler.run(Job("other", on_progress=give_up), decoder, journey("never", 5))

    thread = threading.Thread(target=lambda: (time.sleep(0.1), impatient()))
    thread.start()
    together(scheduler, decoder, ("l", Job("l"), journey("l", 120)))
    thread.join(10)
    assert told == ["Queued"]
    assert decoder.encoded == ["l0"]


def test_a_step_that_is_torn_apart_leaves_nobody_behind(together, monkeypatch) -> None:
    decoder, scheduler = Decoder(0.01), Scheduler(2)
    whole = decoder.step

    def torn() -> Any:
        if len(decoder.cycles) == 5:
            decoder.cycles.append(())
            raise RuntimeError("the kernel broke")
        return whole()

    monkeypatch.setattr(decoder, "step", torn)
    results = together(scheduler, decoder, *[(name, Job(name), journey(name, 20)) for name in "ab"])
    assert all(isinstance(result, RuntimeError) for result in results.values())
    assert scheduler.run(Job(), decoder, journey("c", 1)) == ["c0"]


def test_a_device_that_is_granted_at_once_is_given_back(monkeypatch) -> None:
    """Another thread leads, and grants the turn before the one who asked for it looks again."""
    scheduler = Scheduler()
    push = scheduler._queue.push

    def granted_at_once(client: str, turn: Any) -> None:
        push(client, turn)
        scheduler._queue.pop()
        scheduler._turn, turn.granted = turn, True

    monkeypatch.setattr(scheduler._queue, "push", granted_at_once)
    with scheduler.exclusive():
        pass
    assert scheduler._turn is None


def test_one_who_arrives_while_a_step_is_torn_apart_leaves_nothing_behind(together, monkeypatch) -> None:
    decoder, scheduler, steps = Decoder(0.02), Scheduler(), []
    whole = decoder.step

    def torn() -> Any:
        done = whole()
        if len(scheduler._jobs) == 2 and not steps:  # the second one has arrived and not begun
            steps.append(1)
            raise RuntimeError("the kernel broke")
        return done

    monkeypatch.setattr(decoder, "step", torn)
    results = together(scheduler, decoder, *[(name, Job(name), journey(name, 20)) for name in "ab"])
    assert all(isinstance(result, RuntimeError) for result in results.values())
    assert not scheduler._arrived
    assert scheduler.run(Job(), decoder, journey("c", 1)) == ["c0"]


def test_of_pending_text_and_progress_only_the_latest_is_kept() -> None:
    heard: list[Any] = []
    job: Job[None] = Job(on_progress=lambda *said: heard.append(said), on_update=heard.append)
    for number in range(3):
        job.report(number / 3, str(number))
        job.tell(Update((), f"pending {number}", 0.0, 1.0))
    job.deliver()
    assert heard == [(2 / 3, "2"), Update((), "pending 2", 0.0, 1.0)]
    job.deliver()
    assert len(heard) == 2


def test_who_computes_between_steps_is_alone_and_others_go_on_after_it() -> None:
    scheduler, told = Scheduler(), []

    class Telling(Decoder):
        def step(self) -> list[tuple[Any, Written]]:
            told.append("step begins")
            done = super().step()
            told.append("step ends")
            return done

    def guest() -> None:
        with scheduler.between_steps():
            told.append("guest comes")
            time.sleep(0.02)
            told.append("guest goes")

    decoder = Telling(0.01)
    runs = threading.Thread(target=lambda: scheduler.run(Job(), decoder, journey("a", 30)), daemon=True)
    guests = [threading.Thread(target=guest, daemon=True) for _ in range(3)]
    runs.start()
    time.sleep(0.05)
    for each in guests:
        each.start()
    for each in (*guests, runs):
        each.join(10)
    assert [*told[::2]].count("guest comes") == 3 and len(told) == 66
    for begins, ends in zip(told[::2], told[1::2], strict=True):
        assert begins.split()[0] == ends.split()[0]  # nobody between the two
    assert told[-2:] == ["step begins", "step ends"]
    assert not any(one == other == "guest comes" for one, other in zip(told[::2], told[2::2], strict=False))
