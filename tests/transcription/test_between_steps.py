"""Who may compute beside the models; that steps and guests take turns is tested with the scheduler."""

from __future__ import annotations

import threading

import pytest

from specwhisper.transcription.between_steps import BetweenSteps


def test_nobody_waits_where_there_are_no_steps() -> None:
    between = BetweenSteps()
    with pytest.raises(ValueError, match="mine"), between.turn():
        raise ValueError("mine")
    with between.turn():
        pass
    between.admit()
    between.rest()
    with between.turn():
        pass


def test_one_at_a_time_in_the_order_they_came() -> None:
    between, inside, came = BetweenSteps(), [], []

    def guest(number: int) -> None:
        with between.turn():
            assert not inside
            inside.append(number)
            came.append(number)
            inside.clear()

    with between.turn():
        threads = []
        for number in range(5):
            threads.append(threading.Thread(target=guest, args=(number,)))
            threads[-1].start()
            while len(between._guests) < number + 2:
                pass
    for thread in threads:
        thread.join(5)
    assert came == [0, 1, 2, 3, 4]
