"""A text that main may be about to write: where main is in it, what is proposed, and what that costs."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from specwhisper.decoding.costs import costs_from
from specwhisper.decoding.drafters.agreement import Agreement
from specwhisper.decoding.drafters.known_text import KnownText
from specwhisper.decoding.drafters.text import Ids, TextDrafter

END, STAMP = 1000, 2000
"""Tokens below 900 are words of their own, 900 to 999 punctuation; 1000 ends, from 2000 on are timestamps."""

CHEAP = costs_from(0.0, [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.1])
"""Seconds: a wider pass costs next to nothing."""


def key(token: int) -> str:
    return str(token) if token < 900 else ""


def known(*tokens: int) -> KnownText:
    return KnownText(tokens, key, lambda token: token < 900)


class Main:
    """Writes a text, whatever is proposed."""

    def __init__(self, *tokens: int) -> None:
        self.tokens = [*tokens, END]

    def passes(self, text: KnownText, agreement: Agreement, *, timestamps: bool = False) -> int:
        """How many it takes to write it with a text's proposals."""
        drafter = TextDrafter(text, agreement, prompt=1, ids=Ids(END, STAMP), timestamps=timestamps)
        written, passes = 0, 0
        while written < len(self.tokens):
            assert not drafter.begin([0, *self.tokens[:written]], room=400)
            proposal = drafter.proposal()
            right = next(
                (
                    at
                    for at, token in enumerate(proposal.tokens)
                    if self.tokens[written:][at : at + 1] != [token]
                ),
                len(proposal.tokens),
            )
            drafter.learn(proposal, right)
            written += right + (not (right and proposal.tokens[right - 1] == END))
            passes += 1
        return passes


def agreement(costs=CHEAP) -> Agreement:
    return Agreement(costs)


WORDS = tuple(range(1, 61))


def test_its_own_text_takes_few_passes() -> None:
    assert Main(*WORDS).passes(known(*WORDS, END), agreement()) <= 6


@pytest.mark.parametrize(
    "heard",
    [
        (*WORDS[:20], 500, *WORDS[21:]),  # another word
        (*WORDS[:20], 500, 501, *WORDS[21:]),  # one that takes two tokens
        (*WORDS[:20], *WORDS[25:]),  # five missing
        (*WORDS[:20], 500, *WORDS[20:]),  # one more
        (*WORDS[:20], 950, *WORDS[20:]),  # a comma more
        (*WORDS[:20], 500, 501, 502, 503, 504, 505, *WORDS[30:]),
    ],
)
def test_after_a_disagreement_the_place_is_found_again(heard: Sequence[int]) -> None:
    assert Main(*heard).passes(known(*WORDS, END), agreement()) <= 15


def test_where_the_text_goes_on_far_away_it_is_found() -> None:
    text = known(*range(1, 301), END)
    assert Main(*range(200, 260)).passes(text, agreement()) <= 20


def test_commas_that_only_one_of_them_has_do_not_matter() -> None:
    heard = [token for word in WORDS for token in ((word, 950) if word % 10 == 0 else (word,))]
    assert Main(*heard).passes(known(*WORDS, END), agreement()) <= 16
    assert Main(*WORDS).passes(known(*heard, END), agreement()) <= 16


def test_an_unrelated_text_costs_next_to_nothing() -> None:
    costs = costs_from(0.0, [1.0, 1.2, 1.4, 1.6, 2.0, 2.4, 3.2, 4.2])
    other = known(*range(300, 360), END)
    asked = Agreement(costs)
    drafter = TextDrafter(other, asked, prompt=1, ids=Ids(END, STAMP), timestamps=False)
    seconds = 0.0
    for at in range(len(WORDS)):
        drafter.begin([0, *WORDS[:at]], room=400)
        seconds += costs.pass_of(len(drafter.proposal().tokens) + 1)
        drafter.learn(drafter.proposal(), 0)
    assert seconds <= 1.03 * len(WORDS)


def test_timestamps_of_the_text_are_proposed() -> None:
    heard = (STAMP, *WORDS[:20], STAMP + 200, STAMP + 200, *WORDS[20:40], STAMP + 400)
    assert Main(*heard).passes(known(*heard, END), agreement(), timestamps=True) <= 6


def test_a_text_without_timestamps_helps_between_them() -> None:
    heard = (STAMP, *WORDS[:20], STAMP + 200, STAMP + 200, *WORDS[20:40], STAMP + 400)
    assert Main(*heard).passes(known(*WORDS[:40], END), agreement(), timestamps=True) <= 10


def test_where_main_writes_no_timestamps_none_are_proposed() -> None:
    text = known(STAMP, *WORDS[:20], STAMP + 200, STAMP + 200, *WORDS[20:], STAMP + 500, END)
    assert Main(*WORDS).passes(text, agreement()) <= 6


def test_without_words_nothing_is_proposed() -> None:
    assert Main(*WORDS).passes(known(END), agreement()) <= len(WORDS) + 1


def test_a_fixed_lookahead_is_kept() -> None:
    asked = Agreement(CHEAP, most=3, fixed=True)
    drafter = TextDrafter(known(*WORDS), asked, prompt=1, ids=Ids(END, STAMP), timestamps=False)
    drafter.begin([0], room=400)
    assert drafter.proposal().tokens == WORDS[:3]
    drafter.begin([0, 1], room=2)
    assert drafter.proposal().tokens == WORDS[1:3]
