"""The grammar of timestamps, on every path a text can take."""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as some

from specwhisper.vocabulary.specials import Vocabulary
from specwhisper.vocabulary.timestamps import LATEST_BEGINNING, Timestamps

V = Vocabulary(51_865)
FIRST, END, PROMPT = V.timestamp_begin, V.end_of_text, 3
TEXT = 400


def allowed(written: list[int], logits: torch.Tensor | None = None) -> torch.Tensor:
    rule = Timestamps.of(V, PROMPT)
    row = torch.zeros(1, V.size) if logits is None else logits[None]
    tokens = [*[V.start_of_transcript] * PROMPT, *written]
    return rule.apply(row, tokens, len(tokens))[0] > float("-inf")


def silent_stamps() -> torch.Tensor:
    """Logits whose timestamps together are less likely than a text token."""
    row = torch.zeros(V.size)
    row[FIRST:] = -50.0
    return row


def test_a_window_begins_with_a_timestamp_of_at_most_a_second() -> None:
    ids = allowed([]).nonzero()[:, 0].tolist()
    assert ids == list(range(FIRST, FIRST + LATEST_BEGINNING + 1))


def test_a_beginning_is_followed_by_text() -> None:
    seen = allowed([FIRST])
    assert not seen[FIRST:].any()
    assert seen[TEXT]
    assert not seen[V.no_timestamps]


def test_an_end_is_followed_by_a_beginning_that_is_no_earlier_or_by_nothing_more() -> None:
    seen = allowed([FIRST, TEXT, FIRST + 50], silent_stamps())
    assert not seen[:END].any()
    assert seen[END]
    assert seen[FIRST:].nonzero()[0].item() == 50


def test_within_a_segment_times_only_move_on() -> None:
    seen = allowed([FIRST + 10, TEXT], silent_stamps())
    assert seen[TEXT]
    assert seen[FIRST:].nonzero()[0].item() == 11


def test_where_timestamps_together_are_likelier_than_any_word_it_is_a_timestamp() -> None:
    logits = torch.zeros(V.size)
    logits[FIRST:] = -5.0  # 1,501 of them: together e^2.3
    seen = allowed([FIRST, TEXT], logits)
    assert not seen[:FIRST].any()
    assert seen[FIRST + 1 :].all()


@settings(max_examples=30, deadline=None)
@given(some.lists(some.sampled_from([TEXT, TEXT + 1, FIRST, FIRST + 7, FIRST + 300]), max_size=12))
def test_rows_of_one_pass_are_ruled_as_if_asked_one_by_one(written: list[int]) -> None:
    rule = Timestamps.of(V, PROMPT)
    tokens = [*[V.start_of_transcript] * PROMPT, *written]
    logits = torch.randn(len(written) + 1, V.size, generator=torch.Generator().manual_seed(len(written)))
    together = rule.apply(logits, tokens, PROMPT)
    for index in range(len(written) + 1):
        alone = rule.apply(logits[index : index + 1], tokens, PROMPT + index)
        assert torch.equal(together[index : index + 1], alone)


@settings(max_examples=30, deadline=None)
@given(some.lists(some.sampled_from([TEXT, FIRST, FIRST + 7, FIRST + 300]), max_size=8))
def test_over_fewer_columns_the_same_is_forbidden(written: list[int]) -> None:
    kept = torch.cat([torch.tensor([5, TEXT, TEXT + 1]), torch.arange(END, V.size)])
    logits = torch.randn(1, V.size, generator=torch.Generator().manual_seed(len(written)))
    # What is not kept is unlikely, so that the comparison with the likeliest word is the same.
    others = torch.ones(V.size, dtype=torch.bool)
    others[kept] = False
    logits[0, others] = -100.0
    tokens = [*[V.start_of_transcript] * PROMPT, *written]
    rule = Timestamps.of(V, PROMPT)
    whole = rule.apply(logits, tokens, len(tokens))[:, kept]
    assert torch.equal(rule.among(kept).apply(logits[:, kept], tokens, len(tokens)), whole)


def test_the_logits_that_come_in_stay_as_they_are() -> None:
    logits = torch.zeros(2, V.size)
    Timestamps.of(V, 1).apply(logits, [V.start_of_transcript, FIRST], 1)
    assert not logits.any()
