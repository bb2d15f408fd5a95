"""The grammar of timestamps: where Whisper may write ``<|1.20|>``, and where it must.

Radford et al. 2022, section 4.5 and appendix; cf. ``ApplyTimestampRules`` of openai/whisper's decoding.py:

* a window begins with a timestamp of at most one second;
* timestamps come in pairs (the end of a segment, the beginning of the next), except first and last;
* they never go back, and a segment lasts longer than nothing;
* where all timestamps together are likelier than any single text token, it is a timestamp.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

import torch

from specwhisper.vocabulary.specials import TIMESTAMP_SECONDS, Vocabulary

LATEST_BEGINNING = round(1.0 / TIMESTAMP_SECONDS)
"""The first timestamp of a window is at most so many steps of 20 ms."""

_NEVER = float("-inf")


class Place(Enum):
    """Where in a text the next token stands."""

    BEGINS = auto()  # nothing is written yet
    OPENED = auto()  # a segment has just begun
    WITHIN = auto()  # behind text
    CLOSED = auto()  # a segment has just ended


@dataclass(frozen=True)
class Timestamps:
    """The grammar as a rule over consecutive rows (see ``vocabulary.rules.Rule``).

    Attributes:
        first: id of ``<|0.00|>``; ids from there on are timestamps.
        prompt_length: tokens before the text.
        begin: column of the logits that holds ``<|0.00|>``; all timestamps follow it.
        end_of_text: column of end-of-text; before it is text, behind it are other special tokens.
        no_timestamps: column of ``<|notimestamps|>``, which has no place in such a text.
    """

    first: int
    prompt_length: int
    begin: int
    end_of_text: int
    no_timestamps: int

    @classmethod
    def of(cls, vocabulary: Vocabulary, prompt_length: int) -> Timestamps:
        first = vocabulary.timestamp_begin
        return cls(first, prompt_length, first, vocabulary.end_of_text, vocabulary.no_timestamps)

    def apply(self, logits: torch.Tensor, tokens: Sequence[int], first: int) -> torch.Tensor:
        ruled = logits.clone()
        for index, row in enumerate(ruled):
            self._rule(row, tokens[: first + index])
        return ruled

    def among(self, kept: torch.Tensor) -> Timestamps:
        """The same over the columns ``kept`` (ascending ids), which hold every special token."""
        ids = torch.tensor([self.begin, self.end_of_text, self.no_timestamps], device=kept.device)
        begin, end_of_text, no_timestamps = torch.searchsorted(kept, ids).tolist()
        return Timestamps(self.first, self.prompt_length, begin, end_of_text, no_timestamps)

    def place(self, tokens: Sequence[int]) -> tuple[Place, int]:
        """Where in a text the next token stands, and the id of the earliest timestamp that it may be.

        Args:
            tokens: prompt and text so far.
        """
        written = tokens[self.prompt_length :]
        if not written:
            return Place.BEGINS, self.first
        last = next((token for token in reversed(written) if token >= self.first), None)
        if last is None:
            return Place.WITHIN, self.first
        if written[-1] < self.first:
            return Place.WITHIN, last + 1
        if len(written) > 1 and written[-2] < self.first:
            return Place.CLOSED, last
        return Place.OPENED, last + 1

    def _rule(self, row: torch.Tensor, tokens: Sequence[int]) -> None:
        """Forbid, in place, what may not follow."""
        text, stamps = row[: self.begin], row[self.begin :]
        place, earliest = self.place(tokens)
        row[self.no_timestamps] = _NEVER
        if place is Place.BEGINS:
            text.fill_(_NEVER)
            stamps[LATEST_BEGINNING + 1 :] = _NEVER
            return
        if place is Place.CLOSED:
            row[: self.end_of_text] = _NEVER  # an end is followed by a beginning, or by nothing more
        elif place is Place.OPENED:
            stamps.fill_(_NEVER)  # a beginning is followed by text
        stamps[: earliest - self.first] = _NEVER
        if bool(stamps.logsumexp(0) > text.max()):
            text.fill_(_NEVER)
