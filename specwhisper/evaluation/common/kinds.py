"""Which proposals main accepts: by their place in the proposal, and by what kind of token they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Literal

from specwhisper.results import Cycle
from specwhisper.vocabulary.text import TextCodec

Kind = Literal["word start", "inside word", "punctuation", "timestamp", "special"]
KINDS: tuple[Kind, ...] = ("word start", "inside word", "punctuation", "timestamp", "special")

Share = tuple[int, int]
"""Proposals that main looked at, and those of them that it accepted."""


def kind_of(token: int, codec: TextCodec) -> Kind:
    """What a token of main's vocabulary is; a token that begins with a space begins a word."""
    vocabulary = codec.vocabulary
    if vocabulary.is_special(token):
        return "timestamp" if token >= vocabulary.timestamp_begin else "special"
    text = codec.token_bytes(token).decode("utf-8", "replace")
    if not any(each.isalnum() or each == "\ufffd" for each in text):
        return "punctuation"
    return "word start" if text[0].isspace() else "inside word"


def by_place(cycles: Sequence[Cycle]) -> tuple[Share, ...]:
    """Of the first, second, ... proposal of a cycle."""
    longest = max(map(_looked_at, cycles), default=0)
    return tuple(
        (sum(_looked_at(cycle) > place for cycle in cycles), sum(cycle.accepted > place for cycle in cycles))
        for place in range(longest)
    )


def by_kind(cycles: Sequence[Cycle], codec: TextCodec) -> dict[str, Share]:
    """The same by kind of token; kinds that were never proposed are left out."""
    seen, accepted = Counter[str](), Counter[str]()
    for cycle in cycles:
        kinds = [kind_of(token, codec) for token in cycle.proposed[: _looked_at(cycle)]]
        seen.update(kinds)
        accepted.update(kinds[: cycle.accepted])
    return {kind: (count, accepted[kind]) for kind, count in seen.items()}


def _looked_at(cycle: Cycle) -> int:
    """Main judges what it accepts and the first thing it refuses; what follows is not looked at."""
    return min(cycle.accepted + 1, len(cycle.proposed))
