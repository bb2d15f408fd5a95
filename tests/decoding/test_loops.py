from __future__ import annotations

from collections.abc import Sequence

import pytest

from specwhisper.decoding.acceptance import Verdict
from specwhisper.decoding.cycle import Row
from specwhisper.decoding.drafters.base import Proposal
from specwhisper.decoding.loops import LoopWatch

STAMP, END = 1000, 999


def cut(tokens: Sequence[int]) -> int | None:
    """After how many tokens a text is a loop."""
    watch = LoopWatch(STAMP)
    return next((count for count, token in enumerate(tokens, 1) if watch.loops(token)), None)


@pytest.mark.parametrize("length", (1, 2, 5, 6, 7, 20, 32))
def test_what_is_written_again_and_again_is_a_loop(length: int) -> None:
    said, again = list(range(500, 540)), list(range(length))
    assert cut(said + again * 60) == 40 + max(4 * length, 24)


@pytest.mark.parametrize(
    "tokens",
    (
        list(range(200)),
        [7] * 23,  # no, no, no ...
        [1, 2, 3, 4, 5, 6, 7, 8] * 3 + list(range(100)),  # a chorus
        [at % 33 for at in range(400)],  # longer than what is looked for
        [],
    ),
)
def test_what_people_say_is_none(tokens: list[int]) -> None:
    assert cut(tokens) is None


def test_timestamps_between_the_rounds_do_not_hide_a_loop() -> None:
    tokens = [token for at in range(40) for token in (STAMP + at, 1, 2, 3, STAMP + at + 1)]
    assert cut(tokens) == 8 * 5 - 1


@pytest.mark.parametrize("width", (1, 2, 3, 5, 8, 16))
def test_it_is_cut_at_the_same_token_however_many_a_cycle_writes(width: int) -> None:
    text = [500, 501, *[1, 2, 3] * 50]
    row = Row([400], choice=None, end=END, limit=448, watch=LoopWatch(STAMP))  # type: ignore[arg-type]
    while not row.finished:
        at = len(row.tokens) - 1
        proposed, correction = tuple(text[at : at + width - 1]), text[at + width - 1]
        logprobs = tuple(-0.1 * each for each in range(width))
        row.keep(Proposal(proposed), Verdict(width - 1, correction, log_probabilities=logprobs), 0.0, 0.0)
    decoded = row.decoded()
    assert decoded.tokens == tuple(text[:26])
    assert decoded.looped and not decoded.ended
    assert tuple(token for cycle in decoded.cycles for token in cycle.tokens) == decoded.tokens
    assert len(decoded.origins) == 26
    assert sum(len(cycle.log_probabilities) for cycle in decoded.cycles) == 26


def test_an_end_of_text_is_the_end_whatever_came_before() -> None:
    row = Row([400], choice=None, end=END, limit=448, watch=LoopWatch(STAMP))  # type: ignore[arg-type]
    row.keep(Proposal((1, 2, END)), Verdict(3, None), 0.0, 0.0)
    assert row.finished and row.decoded().ended and not row.decoded().looped
    assert row.decoded().tokens == (1, 2)
