"""One window by itself, written by a reader made in a test."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from specwhisper.decoding.acceptance import Choice, Greedy
from specwhisper.decoding.cycle import Row, decode
from specwhisper.decoding.drafters import Bridge, Drafter, ModelDrafter, Speaker
from specwhisper.decoding.lookahead import Lookahead
from specwhisper.decoding.reader import Reader
from specwhisper.decoding.rows import OneRow
from specwhisper.results import Decoded
from specwhisper.vocabulary.rules import Rules


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
    return decode(OneRow(main), OneRow(drafting.reader) if drafting else None, row, clock)
