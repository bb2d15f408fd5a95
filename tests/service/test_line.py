"""One at a time, nobody forgotten, clients by turns."""

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
    assert not line.busy


def test_a_full_line_refuses() -> None:
    line, done = Line(1), threading.Event()
    threads = [threading.Thread(target=hold, args=(line, done)) for _ in range(2)]
    for thread in threads:
        thread.start()
        time.sleep(0.05)
    with pytest.raises(BusyError) as refused, line.turn("third"):
        pass
    assert refused.value.seconds >= 1
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
        assert line.busy


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


def in_a_pause(line: Line, fits: str, paused: threading.Event, go_on: threading.Event, served: list) -> None:
    """A long job: it works, pauses once, works on."""
    with line.turn("long") as ticket:
        served.append("long begins")
        paused.set()
        go_on.wait(5)
        line.give_way(ticket, fits)
        served.append("long goes on")


def test_a_long_job_gives_way_to_one_short_job_that_fits() -> None:
    line, served = Line(), []
    paused, go_on = threading.Event(), threading.Event()

    def ask(name: str, fits: str | None) -> None:
        with line.turn("same client", fits=fits):
            served.append(name)

    threads = [threading.Thread(target=in_a_pause, args=(line, "base", paused, go_on, served))]
    threads[0].start()
    assert paused.wait(5)
    for name, fits in (("another long", None), ("other pair", "small"), ("short", "base"), ("next", "base")):
        threads.append(threading.Thread(target=ask, args=(name, fits)))
        threads[-1].start()
        time.sleep(0.05)
    go_on.set()
    for thread in threads:
        thread.join(5)
    assert served == ["long begins", "short", "long goes on", "another long", "other pair", "next"]
    assert not line.busy
    assert line.waiting == 0


def test_nobody_to_give_way_to_costs_nothing() -> None:
    line = Line()
    with line.turn() as ticket:
        line.give_way(ticket, "base")
        assert line.busy


def test_who_gives_up_in_a_pause_leaves_the_guest_alone() -> None:
    line, inside, go_on = Line(), threading.Event(), threading.Event()

    def guest() -> None:
        with line.turn("guest", fits="base"):
            inside.set()
            go_on.wait(5)

    def give_up(ahead: int) -> None:
        if inside.is_set():
            raise GivenUpError("gone")

    thread = threading.Thread(target=guest)
    with pytest.raises(GivenUpError), line.turn("long") as ticket:
        thread.start()
        while not line.waiting:
            time.sleep(0.01)
        line.give_way(ticket, "base", give_up)
    assert line.busy  # the guest still is
    go_on.set()
    thread.join(5)
    with line.turn("next"):
        pass
    assert not line.busy


def test_a_guest_that_breaks_gives_the_turn_back() -> None:
    line = Line()
    broke = []

    def guest() -> None:
        try:
            with line.turn("guest", fits="base"):
                raise ValueError("mine")
        except ValueError:
            broke.append(True)

    thread = threading.Thread(target=guest)
    with line.turn("long") as ticket:
        thread.start()
        while not line.waiting:
            time.sleep(0.01)
        line.give_way(ticket, "base")
        assert line.busy
    thread.join(5)
    assert broke == [True]
    assert not line.busy


def test_many_threads_with_pauses_never_overlap() -> None:
    line, inside, worst = Line(), [0], [0]

    def work() -> None:
        inside[0] += 1
        worst[0] = max(worst[0], inside[0])
        time.sleep(0.0005)
        inside[0] -= 1

    def ask(client: str, long: bool) -> None:
        for _ in range(10):
            with line.turn(client, fits=None if long else "base") as ticket:
                work()
                for _ in range(3 if long else 1):
                    line.give_way(ticket, "base")
                    work()

    threads = [threading.Thread(target=ask, args=(str(n % 3), n % 2 == 0), daemon=True) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert worst == [1]
    assert line.waiting == 0
    assert not line.busy


def test_a_guest_does_not_give_way_itself() -> None:
    line, served = Line(), []
    begun = threading.Event()

    def ask(name: str) -> None:
        with line.turn(name, fits="base") as ticket:
            begun.set()
            for _ in range(2):
                while name == "host" and not served and line.waiting < 2:
                    time.sleep(0.01)
                line.give_way(ticket, "base")
            served.append(name)

    threads = [threading.Thread(target=ask, args=(name,), daemon=True) for name in ("host", "one", "other")]
    threads[0].start()
    assert begun.wait(5)
    for thread in threads[1:]:
        thread.start()
    for thread in threads:
        thread.join(5)
    assert served == ["one", "other", "host"]
    assert not line.busy
