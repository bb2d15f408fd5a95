"""Cycles and text belong together, also where a window was tried more than once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from specwhisper.output.linked import Corrected, corrections, pieces_of
from specwhisper.output.spoken import moments, spoken
from specwhisper.results import Cycle, Piece, Segment, Transcript, Word
from tests.ui.comparisons import make_comparison

NAMES = {1: " Had", 2: " he", 3: " im", 4: "me", 5: "able", 6: " am", 7: "iable", 8: "y", 9: "<|endoftext|>"}


def of_cycles(*cycles: Cycle) -> Transcript:
    written = [token for cycle in cycles for token in cycle.tokens if token != 9]
    made = make_comparison().speculative
    return replace(
        made,
        pieces=tuple(Piece(NAMES[token], (token,), "accepted") for token in written),
        token_text=NAMES,
        stats=replace(made.stats, cycles=cycles),
    )


def test_every_token_has_its_piece_and_the_end_has_none() -> None:
    transcript = of_cycles(Cycle((1, 2, 3, 4), 2, 6), Cycle((8, 5), 0, 7), Cycle((9,), 1, None))
    assert pieces_of(transcript) == [(0, 1, 2), (3,), (None,)]


def test_what_was_thrown_away_has_no_pieces() -> None:
    transcript = of_cycles(Cycle((1, 2), 2, 6), Cycle((8,), 0, 7))
    again = replace(
        transcript,
        stats=replace(transcript.stats, cycles=(Cycle((2, 1), 2, 5), *transcript.stats.cycles)),
    )
    assert pieces_of(again)[1:] == [(0, 1, 2), (3,)]
    assert len(pieces_of(again)) == 3


def test_what_the_draft_heard_is_a_word() -> None:
    transcript = of_cycles(Cycle((1, 2, 3, 4, 5), 2, 6), Cycle((8, 5), 0, 7), Cycle((9, 1), 0, 2))
    found = corrections(transcript, pieces_of(transcript))
    assert found[2] == Corrected("immeable", "amiable")
    assert found[3] == Corrected("amyable", "amiable")
    assert found[4] == Corrected("", "he"), "the draft had ended there"


@pytest.mark.parametrize("measured", [True, False])
def test_a_piece_is_said_when_its_word_is(measured: bool) -> None:
    words = (Word(0.2, 0.5, " Had", 0.9), Word(0.5, 0.7, " he", 0.9), Word(0.9, 1.6, " amiable", 0.9))
    transcript = of_cycles(Cycle((1, 2), 2, 6), Cycle((), 0, 7))
    segment = Segment(0.0, 2.0, " Had he amiable", (), words=words if measured else ())
    transcript = replace(transcript, segments=(segment,), text="Had he amiable", duration=2.0)
    times = moments(transcript)
    assert times[2] == times[3], "parts of one word"
    assert times[:3] == [(word.start, word.end) for word in spoken(transcript)]
