"""What the result classes derive."""

from __future__ import annotations

from specwhisper.results import Cycle, Decoded, Segment, Word


def test_who_wrote_each_token() -> None:
    cycles = (Cycle((1, 2), 1, 3), Cycle((4,), 1, 5), Cycle((), 0, 6))
    drafted = Decoded((1, 3, 4, 5), cycles, True)
    assert not drafted.alone
    assert drafted.origins == ("accepted", "correction", "accepted", "bonus", "bonus")


def test_where_nothing_was_proposed_main_wrote_all() -> None:
    decoded = Decoded((7,), (Cycle((), 0, 7), Cycle((), 0, 8)), True)
    assert decoded.alone
    assert decoded.origins == ("main", "main")


def test_times_are_written_without_the_last_binary_digit() -> None:
    segment = Segment(3.2800000000000002, 0.1 + 0.2, " a", (1,), words=(Word(1.1 + 2.2, 3.3, " a", 1.0),))
    assert (segment.start, segment.end) == (3.28, 0.3)
    assert segment.words[0].start == 3.3
