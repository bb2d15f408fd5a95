"""One window by itself, written by a reader made in a test."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from specwhisper.decoding.acceptance import Choice, Greedy
from specwhisper.decoding.cycle import Row, cycle
from specwhisper.decoding.drafters.base import Drafter
from specwhisper.decoding.drafters.model import Bridge, ModelDrafter, Speaker
from specwhisper.decoding.lookahead import Lookahead
from specwhisper.decoding.reader import Pass, Reader
from specwhisper.network.kernels import Kernel
from specwhisper.results import Decoded
from specwhisper.vocabulary.rules import Rules


class OneRow:
    """A :class:`Reader` as the only row, with the model's own output head."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    decides = False

    def read(self, passes: Sequence[Pass], first: int = 0, head: Kernel | None = None) -> torch.Tensor:
        (one,) = passes
        assert head is None
        rows = self._reader.read(one.tokens, one.start)
        return rows[len(rows) - one.wanted :]

    def alone(self, row: int) -> Reader:
        return self._reader


@dataclass(frozen=True)
class Drafting:
    """A drafter, and the model that it asks."""

    reader: Reader
    drafter: Drafter

    @classmethod
    def greedy(
        cls,
        reader: Reader,
        end: int,
        lookahead: Lookahead,
        *,
        rules: Rules | None = None,
        bridge: Bridge | None = None,
    ) -> Drafting:
        return cls(reader, ModelDrafter(Speaker(rules or Rules(), end), lookahead, bridge))


def write(
    main: Reader,
    prompt: Sequence[int],
    drafting: Drafting | None = None,
    *,
    end: int,
    limit: int,
    choice: Choice | None = None,
    window: int = 0,
    clock: Callable[[], float] = lambda: 0.0,
) -> Decoded:
    """Greedily without any rule, unless a ``choice`` is given."""
    row = Row(
        prompt,
        choice=choice or Greedy(Rules()),
        drafter=drafting.drafter if drafting else None,
        end=end,
        limit=limit,
        window=window,
    )
    own, draft = OneRow(main), OneRow(drafting.reader) if drafting else None
    reached = None
    while not row.finished:
        reached = cycle(own, draft, [row], clock, reached)
    return row.decoded()
