"""The loop's invariants, on scripted models: whatever the draft does, the text is main's."""

from __future__ import annotations

import itertools
import time

import pytest

from specwhisper.decoding.lookahead import Confidence, Fixed
from specwhisper.results import Decoded
from tests.decoding.alone import Drafting, write
from tests.fakes import Scripted

PROMPT = (90, 91, 92)
END = 99
SIZE = 100


def text(prefix: tuple[int, ...], *, ends_after: int) -> int:
    written = len(prefix) - len(PROMPT)
    return END if written >= ends_after else (7 * sum(prefix) + written) % 90


def run(main, drafting: Drafting | None = None, limit: int = 60) -> Decoded:
    return write(main, PROMPT, drafting, end=END, limit=limit, clock=time.perf_counter)


def drafter(draft: Scripted, k: int) -> Drafting:
    return Drafting.greedy(draft, END, Fixed(k))


def pair(ends_after: int, wrong_every: int) -> tuple[Scripted, Scripted]:
    """Main, and a draft that errs on every ``wrong_every``-th position (0: never)."""

    def main(prefix: tuple[int, ...]) -> int:
        return text(prefix, ends_after=ends_after)

    def draft(prefix: tuple[int, ...]) -> int:
        right = main(prefix)
        return (right + 1) % 90 if wrong_every and len(prefix) % wrong_every == 0 else right

    return Scripted(main, SIZE), Scripted(draft, SIZE)


@pytest.mark.parametrize("wrong_every", [0, 1, 2, 3, 5])
def test_speculative_equals_greedy_for_every_lookahead_and_end(wrong_every: int) -> None:
    for k, ends_after in itertools.product(range(1, 9), range(14)):
        main, draft = pair(ends_after, wrong_every)
        greedy = run(main)
        main, draft = pair(ends_after, wrong_every)
        speculative = run(main, drafter(draft, k))
        assert speculative.tokens == greedy.tokens
        assert speculative.ended
        assert len(greedy.tokens) == ends_after


@pytest.mark.parametrize("limit", range(4, 24))
def test_the_limit_cuts_both_at_the_same_token(limit: int) -> None:
    for k in (1, 4, 16):
        main, draft = pair(1000, 3)
        greedy = run(main, None, limit)
        main, draft = pair(1000, 3)
        speculative = run(main, drafter(draft, k), limit)
        assert speculative.tokens == greedy.tokens
        assert len(greedy.tokens) == limit - len(PROMPT)
        assert not speculative.ended


def test_cycles_account_for_every_token() -> None:
    main, draft = pair(23, 4)
    decoded = run(main, drafter(draft, 5))
    written = tuple(itertools.chain.from_iterable(cycle.tokens for cycle in decoded.cycles))
    assert written == (*decoded.tokens, END)
    for cycle in decoded.cycles:
        assert len(cycle.proposed) == len(cycle.draft_probability) <= 5
        assert cycle.accepted <= len(cycle.proposed)
        assert len(cycle.origins) == len(cycle.tokens)
        rejected = cycle.accepted < len(cycle.proposed)
        assert cycle.origins[-1] == ("correction" if rejected else "bonus") or cycle.correction is None


def test_a_perfect_draft_needs_one_pass_per_lookahead_plus_one_tokens() -> None:
    main, draft = pair(29, 0)
    decoded = run(main, drafter(draft, 4))
    assert len(decoded.cycles) == 6  # 29 tokens and the end, five at a time
    assert main.widths == [7, 5, 5, 5, 5, 5][: len(main.widths)]


def test_a_useless_draft_costs_no_tokens() -> None:
    main, draft = pair(12, 1)
    decoded = run(main, drafter(draft, 3))
    assert all(cycle.accepted == 0 for cycle in decoded.cycles)
    assert len(decoded.cycles) == 13


def test_greedy_is_one_token_per_pass() -> None:
    main, _ = pair(10, 0)
    decoded = run(main)
    assert main.widths == [3, *[1] * 10]
    assert all(cycle.proposed == () for cycle in decoded.cycles)


def test_the_draft_reads_each_confirmed_token_once() -> None:
    main, draft = pair(40, 0)
    run(main, drafter(draft, 4))
    # After a fully accepted cycle only the last proposal and main's bonus token are new to the draft.
    assert set(draft.widths[1:]) <= {1, 2}


def test_confidence_stops_a_doubtful_draft() -> None:
    sure = Confidence(threshold=0.5)
    assert sure.goes_on([])
    assert not sure.goes_on([1.0, 0.7, 0.7])
    assert not Confidence(threshold=0.0, longest=6).goes_on([1.0] * 6)
