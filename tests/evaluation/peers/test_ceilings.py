"""Measured rates are rates."""

from __future__ import annotations

import torch

from specwhisper.evaluation.peers.ceilings import Ceilings, best_of, read_rate


def test_reading_has_a_plausible_rate() -> None:
    threads = torch.get_num_threads()
    try:
        assert 1e8 < read_rate(1 << 22, 1) < 1e13
    finally:
        torch.set_num_threads(threads)


def test_the_best_of_several_is_taken() -> None:
    done: list[int] = []
    assert best_of(lambda: done.append(1), seconds=0) >= 0
    assert len(done) == 4  # the first does not count


def test_bandwidth_is_the_better_of_both() -> None:
    assert Ceilings(1, 2.0, 3.0, 1.0).bandwidth == 3.0
