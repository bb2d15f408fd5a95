"""What may be written where, as tensors: one decision for all rows of a pass, without a question to the host.

:mod:`specwhisper.vocabulary.rules` and :mod:`specwhisper.vocabulary.timestamps` say it in Python, row by
row; on a card that is a dozen kernels and two waits a row. Here the host only says in which :class:`State` a
row is, which it knows from the tokens; what that forbids stands in a table on the device.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch

from specwhisper.vocabulary.rules import Rule, Rules, Suppress, SuppressAtBegin
from specwhisper.vocabulary.timestamps import LATEST_BEGINNING, Place, Timestamps

_NEVER = float("-inf")

# Kinds of rows. The first two belong to a text without timestamps.
_TEXT, _TEXT_BEGINS = 0, 1
_TIMED = {Place.WITHIN: 2, Place.BEGINS: 3, Place.CLOSED: 4, Place.OPENED: 5}


KINDS = 6


class State(NamedTuple):
    """Where a row of logits stands.

    Attributes:
        kind: a row of the table.
        earliest: id of the earliest timestamp that may follow.
    """

    kind: int
    earliest: int


NOWHERE = State(_TEXT, 0)
"""Of a row whose decision nobody looks at."""


@dataclass(frozen=True)
class Grammar:
    """The table of one output head.

    Attributes:
        table: [kinds, columns]: 0, or -inf for what is forbidden to rows of that kind.
        stamps: [columns]: the id of a timestamp; larger than any for other tokens.
        is_stamp: [columns].
    """

    table: torch.Tensor
    stamps: torch.Tensor
    is_stamp: torch.Tensor

    @classmethod
    def of(cls, suppress: Suppress, begin: SuppressAtBegin, timestamps: Timestamps) -> Grammar:
        """The table of these rules."""
        bias = suppress.bias
        size, first = len(bias), timestamps.begin
        columns = torch.arange(size, device=bias.device)
        is_stamp = columns >= first

        def without(forbidden: torch.Tensor) -> torch.Tensor:
            return bias.masked_fill(forbidden, _NEVER)

        no_timestamps = columns == timestamps.no_timestamps
        begins = no_timestamps | ~is_stamp | (columns > first + LATEST_BEGINNING)
        table = torch.stack(
            [
                bias,
                bias + begin.bias,
                without(no_timestamps),
                without(begins) + begin.bias,
                without(no_timestamps | (columns < timestamps.end_of_text)),
                without(no_timestamps | is_stamp),
            ]
        )
        ids = (columns - first + timestamps.first).masked_fill(~is_stamp, torch.iinfo(torch.int64).max)
        return cls(table, ids, is_stamp)

    def apply(self, logits: torch.Tensor, kinds: torch.Tensor, earliest: torch.Tensor) -> torch.Tensor:
        """Logits [R, columns] with what the states of the rows forbid at -inf.

        Args:
            kinds: [R].
            earliest: [R].
        """
        allowed = logits + self.table.index_select(0, kinds)
        allowed = allowed.masked_fill(self.stamps < earliest[:, None], _NEVER)
        stamps = allowed.masked_fill(~self.is_stamp, _NEVER).logsumexp(-1, keepdim=True)
        text = allowed.masked_fill(self.is_stamp, _NEVER).amax(-1, keepdim=True)
        surely = (stamps > text) & (kinds >= _TIMED[Place.WITHIN])[:, None]
        return allowed.masked_fill(surely & ~self.is_stamp, _NEVER)


def fits(rules: Rules) -> bool:
    """Whether a table can say what these rules say."""
    return all(isinstance(rule, (Suppress, SuppressAtBegin, Timestamps)) for rule in rules.rules)


def states(rules: Rules, tokens: Sequence[int], first: int, count: int) -> list[State]:
    """The states of consecutive rows.

    Args:
        tokens: prompt and text so far, proposals included.
        first: how many of ``tokens`` the first row has seen.
        count: of rows.
    """
    begin = _only(rules.rules, SuppressAtBegin)
    timestamps = _only(rules.rules, Timestamps)
    if timestamps is None:
        starts = begin.prompt_length if begin else -1
        return [State(_TEXT_BEGINS if at == starts else _TEXT, 0) for at in range(first, first + count)]
    places = (timestamps.place(tokens[: first + row]) for row in range(count))
    return [State(_TIMED[place], earliest) for place, earliest in places]


def _only(rules: Sequence[Rule], kind: type) -> Any:
    return next((rule for rule in rules if isinstance(rule, kind)), None)
