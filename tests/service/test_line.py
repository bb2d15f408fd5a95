"""A few at a time, nobody forgotten, clients by turns."""

from __future__ import annotations

import threading
import time

import pytest

from specwhisper.errors import BusyError, GivenUpError
from specwhisper.service.line import Line


def test_clients_have_turns() -> None:
    line, served = Line(), []
    first = threading.Event()

    def ask(client: str) -> None:
        with line.turn(client):
            served.append(client)
            if client == "first":
                first.wait(5)

    threads = [threading.Thread(target=ask, args=("first",))]
    threads[0].start()
    for client in ("greedy", "greedy", "greedy", "modest"):
        time.sleep(0.05)
        threads.append(threading.Thread(target=ask, args=(client,)))
        threads[-1].start()
    time.sleep(0.05)
    assert line.waiting == 4
    first.set()
    for thread in threads:
        thread.join(5)
    assert served == ["first", "greedy", "modest", "greedy", "greedy"]


def test_a_full_line_refuses() -> None:
    line, done = Line(1), threading.Event()
    threads = [threading.Thread(target=hold, args=(line, done)) for _ in range(2)]
    for thread in threads:
        thread.start()
        time.sleep(0.05)
    with pytest.raises(BusyError) as refused, line.turn("third"):
        pass
    assert refused.value.seconds >= 1
    assert str(refused.value) == "1 request is waiting already: try again in about 4 seconds."
    assert str(line.full(2)).startswith("2 requests are waiting")
    done.set()
    for thread in threads:
        thread.join(5)


def hold(line: Line, done: threading.Event) -> None:
    with line.turn("holder"):
        done.wait(5)


def test_who_gives_up_leaves_the_line() -> None:
    line, done = Line(), threading.Event()
    holder = threading.Thread(target=hold, args=(line, done))
    holder.start()
    time.sleep(0.05)

    def give_up(ahead: int) -> None:
        raise GivenUpError("gone")

    with pytest.raises(GivenUpError), line.turn("b", give_up):
        pass
    assert line.waiting == 0
    done.set()
    holder.join(5)
    with line.turn("c"):
        pass


def test_an_error_in_a_turn_ends_it() -> None:
    line = Line()
    with pytest.raises(ValueError, match="mine"), line.turn():
        raise ValueError("mine")
    with line.turn():
        pass


def test_many_threads_never_overlap() -> None:
    line, inside, worst = Line(), [0], [0]

    def ask(client: str) -> None:
        for _ in range(20):
            with line.turn(client):
                inside[0] += 1
                worst[0] = max(worst[0], inside[0])
                inside[0] -= 1

    threads = [threading.Thread(target=ask, args=(str(number % 3),)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert worst == [1]
    assert line.waiting == 0


def test_a_long_recording_leaves_a_place_for_short_ones() -> None:
    line, served = Line(places=2), []
    go_on = threading.Event()

    def ask(name: str, long: bool) -> None:
        with line.turn("client", long=long):
            served.append(name)
            if long:
                go_on.wait(5)

    threads = []
    for name, long in (("long", True), ("another long", True), ("short", False), ("next", False)):
        threads.append(threading.Thread(target=ask, args=(name, long)))
        threads[-1].start()
        time.sleep(0.05)
    assert served == ["long", "short", "next"]
    go_on.set()
    for thread in threads:
        thread.join(5)
    assert served == ["long", "short", "next", "another long"]
    assert line.waiting == 0


def test_no_more_than_the_places_are_served() -> None:
    line, inside, worst = Line(places=3), [0], [0]

    def ask(number: int) -> None:
        for _ in range(10):
            with line.turn(str(number % 3), long=number % 2 == 0):
                inside[0] += 1
                worst[0] = max(worst[0], inside[0])
                time.sleep(0.0005)
                inside[0] -= 1

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert worst == [3]
    assert line.waiting == 0


def test_short_ones_leave_places_for_long_ones() -> None:
    line, served, go_on = Line(places=4), [], threading.Event()

    def ask(name: str, long: bool) -> None:
        with line.turn(name, long=long):
            served.append(name)
            go_on.wait(10)

    threads = [threading.Thread(target=ask, args=(f"short {number}", False)) for number in range(5)]
    threads += [threading.Thread(target=ask, args=(f"long {number}", True)) for number in range(3)]
    for thread in threads:
        thread.start()
        time.sleep(0.02)
    assert served == ["short 0", "short 1", "long 0", "long 1"]
    go_on.set()
    for thread in threads:
        thread.join(10)
    assert len(served) == 8
