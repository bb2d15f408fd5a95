"""The draft side of a batch: every clip gets its own proposal, the steps are taken together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import torch

from specwhisper.decoding.choice import best_with_probabilities
from specwhisper.decoding.draft import Page
from specwhisper.decoding.drafter import Bridge, Guesses, Proposal
from specwhisper.decoding.lookahead import Lookahead
from specwhisper.decoding.slots import Pass, Slots
from specwhisper.decoding.writing import Writing
from specwhisper.models.caches import Audio
from specwhisper.models.small_head import SmallHead
from specwhisper.vocabulary.rules import Rules


@dataclass(frozen=True)
class Drafting:
    """How one clip is drafted.

    Attributes:
        cross: what the draft model heard, one row.
        rules: what it may write, in its own vocabulary.
        end: its id of end-of-text.
        bridge: how its tokens become main's and back; None when they are the same.
        small: its smaller output head for the clip's language, where it has one.
    """

    cross: Audio
    rules: Rules
    end: int
    bridge: Bridge | None = None
    small: SmallHead | None = None
    page: Page = field(default_factory=Page)

    def rules_with(self, small: SmallHead | None) -> Rules:
        """The rules over the logits of that head."""
        return self.rules if small is None else self._small_rules

    @cached_property
    def _small_rules(self) -> Rules:
        assert self.small is not None
        return self.rules.among(self.small.kept)


def propose_together(
    slots: Slots,
    writings: Sequence[Writing],
    draftings: Sequence[Drafting | None],
    lookahead: Lookahead,
) -> list[Proposal]:
    """One proposal per row, each as long as its own lookahead decides.

    The first step reads what is new to the draft, which differs from row to row (1 to k+1 tokens). A row
    that has stopped costs nothing more once it lies outside those that go on; between them it is padding.

    Args:
        slots: the draft's; row i is slot i.
        writings: what main has written, per row.
        draftings: None for a row that is not drafted.
        lookahead: when to stop.
    """
    guesses = [
        _begin(writing, drafting, lookahead, slots.context)
        for writing, drafting in zip(writings, draftings, strict=True)
    ]
    while going := [row for row, guess in enumerate(guesses) if guess is not None and guess.go_on]:
        _step(slots, draftings, guesses, going)
    return [guess.proposal() if guess is not None else Proposal() for guess in guesses]


def _begin(writing: Writing, drafting: Drafting | None, lookahead: Lookahead, context: int) -> Guesses | None:
    if drafting is None:
        return None
    seen = drafting.bridge.context(writing.tokens) if drafting.bridge else writing.tokens
    if seen is None:
        return None
    drafting.page.begin(seen)
    # The draft's own context may be the shorter one. Its last position stays free: padding lands there.
    room = min(writing.room, context - len(seen))
    return Guesses(lookahead, room, drafting.end, drafting.bridge)


def _step(
    slots: Slots, draftings: Sequence[Drafting | None], guesses: Sequence[Guesses | None], going: list[int]
) -> None:
    """One token for each of the rows that go on."""
    first = going[0]
    passes = []
    for row in range(first, going[-1] + 1):
        drafting = draftings[row]
        if row not in going or drafting is None:
            # Padding is written behind what the cache holds of this row.
            passes.append(Pass((), drafting.page.read if drafting else 0, 0))
        else:
            passes.append(Pass(drafting.page.unread, drafting.page.read, 1))
    small = _shared_head([draftings[row] for row in going])
    logits = slots.read(passes, first, small.head if small else None)
    ruled = []
    for index, row in enumerate(going):
        drafting = draftings[row]
        assert drafting is not None
        context = drafting.page.context
        rules = drafting.rules_with(small)
        ruled.append(rules.apply(logits[index : index + 1], context, len(context)))
    for row, best, probability in zip(going, *best_with_probabilities(torch.cat(ruled)), strict=True):
        drafting, guess = draftings[row], guesses[row]
        assert drafting is not None and guess is not None
        token = small.ids[best] if small else best
        drafting.page.wrote(token)
        guess.take(token, probability)


def _shared_head(draftings: Sequence[Drafting | None]) -> SmallHead | None:
    """The smaller head that all of these rows use; rows in several languages share none."""
    first = draftings[0].small if draftings[0] else None
    return first if all(each is not None and each.small is first for each in draftings) else None
