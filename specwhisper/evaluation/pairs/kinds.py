"""Which proposals main accepts: by their place in the proposal, and by what kind of token they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from specwhisper.results import Cycle
from specwhisper.vocabulary.text import TextCodec

Kind = Literal["word start", "inside word", "punctuation", "timestamp", "special"]
KINDS: tuple[Kind, ...] = ("word start", "inside word", "punctuation", "timestamp", "special")

Tally = list[int]  # looked at, accepted


def kind_of(token: int, codec: TextCodec) -> Kind:
    """What a token of main's vocabulary is; a token that begins with a space begins a word."""
    vocabulary = codec.vocabulary
    if vocabulary.is_special(token):
        return "timestamp" if token >= vocabulary.timestamp_begin else "special"
    text = codec.token_bytes(token).decode("utf-8", "replace")
    if not any(each.isalnum() or each == "\ufffd" for each in text):
        return "punctuation"
    return "word start" if text[0].isspace() else "inside word"


def by_place(cycles: Sequence[Cycle]) -> list[Tally]:
    """For the first, second, ... proposal of a cycle: how many main looked at, and how many it wanted."""
    tallies: list[Tally] = []
    for cycle in cycles:
        for place in range(_looked_at(cycle)):
            if place == len(tallies):
                tallies.append([0, 0])
            tallies[place][0] += 1
            tallies[place][1] += place < cycle.accepted
    return tallies


def by_kind(cycles: Sequence[Cycle], codec: TextCodec) -> dict[str, Tally]:
    """The same by kind of token; kinds that were never proposed are left out."""
    tallies: dict[str, Tally] = {}
    for cycle in cycles:
        for place, token in enumerate(cycle.proposed[: _looked_at(cycle)]):
            tally = tallies.setdefault(kind_of(token, codec), [0, 0])
            tally[0] += 1
            tally[1] += place < cycle.accepted
    return tallies


def _looked_at(cycle: Cycle) -> int:
    """Main judges what it accepts and the first thing it refuses; what follows is not looked at."""
    return min(cycle.accepted + 1, len(cycle.proposed))
