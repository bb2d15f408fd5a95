"""Where the time of one recording went."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from specwhisper.results import Cycle, Seconds

Mode = Literal["greedy", "speculative"]


class Meter:
    """Adds up the stages of one mode over the windows.

    Args:
        before: what was spent before the first window.
    """

    def __init__(self, before: Seconds) -> None:
        self._before = before
        self._encoded: list[Seconds] = []
        self._draft = self._verify = 0.0
        self._other = before.other

    def add(self, encoded: Seconds, cycles: Sequence[Cycle], *, other: float) -> None:
        """A window: its encoding, its cycles, and what else was spent on it."""
        self._encoded.append(encoded)
        self._draft += sum(cycle.draft_seconds for cycle in cycles)
        self._verify += sum(cycle.verify_seconds for cycle in cycles)
        self._other += other

    def seconds(self, mode: Mode) -> Seconds:
        """The sums; the draft's encoder is no cost of the baseline."""
        drafted = mode == "speculative"
        return Seconds(
            audio=self._before.audio,
            features=sum(each.features for each in self._encoded),
            encode_main=sum(each.encode_main for each in self._encoded),
            encode_draft=sum(each.encode_draft for each in self._encoded) if drafted else 0.0,
            draft=self._draft,
            verify=self._verify,
            other=self._other,
        )
