"""Where the time of one recording went."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from specwhisper.results import Cycle, Seconds

Mode = Literal["greedy", "speculative"]


class Meter:
    """Adds up the stages of one mode over the windows."""

    def __init__(self, loading: float) -> None:
        self._loading = loading
        self._heard: list[Seconds] = []
        self._draft = self._verify = self._other = 0.0

    def add(self, heard: Seconds, cycles: Sequence[Cycle], *, other: float) -> None:
        """``other``: wall time of detection and the decode call; what its cycles explain is taken off."""
        draft = sum(cycle.draft_seconds for cycle in cycles)
        verify = sum(cycle.verify_seconds for cycle in cycles)
        self._heard.append(heard)
        self._draft += draft
        self._verify += verify
        self._other += other - draft - verify

    def share(self, other: float) -> None:
        """Add this recording's part of what belongs to no window."""
        self._other += other

    def seconds(self, mode: Mode) -> Seconds:
        """The sums; the draft's ears are no cost of the baseline."""
        return Seconds(
            audio=self._loading,
            features=sum(heard.features for heard in self._heard),
            encode_main=sum(heard.encode_main for heard in self._heard),
            encode_draft=sum(heard.encode_draft for heard in self._heard) if mode == "speculative" else 0.0,
            draft=self._draft,
            verify=self._verify,
            other=self._other,
        )
