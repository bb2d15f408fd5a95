"""Clients by turns, first come first served within one."""

from __future__ import annotations

from specwhisper.transcription.fair_queue import FairQueue


def test_clients_have_turns() -> None:
    queue: FairQueue[str] = FairQueue()
    for client, item in (("a", "a1"), ("a", "a2"), ("b", "b1"), ("a", "a3"), ("c", "c1")):
        queue.push(client, item)
    assert next(iter(queue)) == "a1"
    queue.remove("a", "a2")
    queue.remove("nobody", "x")
    assert len(queue) == 4
    assert [queue.pop() for _ in range(4)] == ["a1", "b1", "c1", "a3"]
    assert next(iter(queue), None) is None
    assert not len(queue)


def test_somebody_else_may_be_taken_and_his_turn_is_over() -> None:
    queue: FairQueue[str] = FairQueue()
    for client, item in (("a", "a1"), ("b", "b1"), ("b", "b2"), ("c", "c1")):
        queue.push(client, item)
    assert list(queue) == ["a1", "b1", "c1"]
    queue.take("b", "b1")
    assert list(queue) == ["a1", "c1", "b2"]
    queue.take("c", "c1")
    assert [queue.pop() for _ in range(2)] == ["a1", "b2"]
