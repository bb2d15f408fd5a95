"""Many windows at once, each exactly as it would be written alone.

A pass over B rows reads the weights once instead of B times. Every row drafts, verifies and accepts at
its own pace: rows stand at different positions, propose different numbers of tokens and finish at
different times. A row that finishes is replaced at once by the next waiting clip (continuous batching, Yu
et al. 2022, "Orca: A Distributed Serving System for Transformer-Based Generative Models", section 3.1).

**Exactness.** Batched and single passes differ by rounding only. So in a batch the guard of
decoding.acceptance watches every row, those without proposals too: where main's best two tokens are
almost equal, the row is decided again alone, in a pass as wide as that of single greedy decoding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import torch

from specwhisper.decoding.acceptance import Verdict, decide_alone, judge
from specwhisper.decoding.batch_draft import Drafting, propose_together
from specwhisper.decoding.choice import best_with_gap
from specwhisper.decoding.drafter import Proposal
from specwhisper.decoding.lookahead import Lookahead
from specwhisper.decoding.slots import Pass, Slots
from specwhisper.decoding.writing import Writing
from specwhisper.models.caches import Audio
from specwhisper.models.network import Network
from specwhisper.results import Decoded
from specwhisper.vocabulary.rules import Rules


@dataclass(frozen=True, slots=True)
class Clip:
    """One window that waits to be written.

    Attributes:
        cross: what main heard, one row.
        prompt: the ids to start from, not empty.
        rules: what may be written where.
        drafting: the draft's side; None decodes this clip greedily.
        window: recorded in the cycles.
    """

    cross: Audio
    prompt: Sequence[int]
    rules: Rules
    drafting: Drafting | None = None
    window: int = 0


@dataclass(frozen=True, slots=True)
class _Row:
    """A clip at work."""

    index: int
    clip: Clip
    writing: Writing


def decode_batch(
    main: Network,
    draft: Network | None,
    clips: Iterable[Clip],
    *,
    lookahead: Lookahead,
    size: int,
    end: int,
    limit: int,
    guard: float,
    clock: Callable[[], float],
) -> Iterator[tuple[int, Decoded]]:
    """Write all clips, ``size`` at a time; each comes out as soon as it is done.

    Args:
        main: the model whose texts these are.
        draft: proposes for the clips that carry a ``drafting``; None when none does.
        clips: taken one by one as slots become free, so an iterator may encode each when it is asked for.
        lookahead: when a proposal is long enough; asked for every row by itself.
        size: slots.
        end: main's id of end-of-text.
        limit: longest sequence, prompt included.
        guard: see :func:`specwhisper.decoding.acceptance.judge`.
        clock: seconds, with the device synchronised.

    Yields:
        The index of a clip (in order of arrival) and what was written. The seconds in its cycles are its
        share of each pass: the time of the pass divided by the rows in it.
    """
    if limit > main.dims.text_context:
        raise ValueError(f"limit {limit} is beyond the model's context of {main.dims.text_context}")
    main_slots = Slots(main, size)
    draft_slots = Slots(draft, size) if draft else None
    waiting = enumerate(clips)
    rows: list[_Row] = []
    while True:
        while len(rows) < size and (arrived := next(waiting, None)):
            index, clip = arrived
            writing = Writing(clip.prompt, end=end, limit=limit, window=clip.window)
            if writing.finished:  # a prompt that leaves no room
                yield index, writing.decoded()
                continue
            main_slots.admit(len(rows), clip.cross)
            if draft_slots and clip.drafting:
                draft_slots.admit(len(rows), clip.drafting.cross)
            rows.append(_Row(index, clip, writing))
        if not rows:
            return
        _cycle(main_slots, draft_slots, rows, lookahead, end, guard, clock)
        # From the end, so that the row that fills a gap has been looked at already.
        for slot in reversed(range(len(rows))):
            row = rows[slot]
            if row.writing.finished:
                last = rows.pop()
                if last is not row:
                    rows[slot] = last
                    main_slots.move(len(rows), slot)
                    if draft_slots:
                        draft_slots.move(len(rows), slot)
                yield row.index, row.writing.decoded()


def _cycle(
    main: Slots,
    draft: Slots | None,
    rows: Sequence[_Row],
    lookahead: Lookahead,
    end: int,
    guard: float,
    clock: Callable[[], float],
) -> None:
    """Draft and verify once for all rows."""
    began = clock()
    proposals = [Proposal()] * len(rows)
    if draft:
        writings, draftings = [row.writing for row in rows], [row.clip.drafting for row in rows]
        proposals = propose_together(draft, writings, draftings, lookahead)
    drafted = clock()
    verdicts = verify_together(main, rows, proposals, end=end, guard=guard)
    verified = clock()
    for row, proposal, verdict in zip(rows, proposals, verdicts, strict=True):
        if row.clip.drafting:
            lookahead.learn(proposal.probabilities, verdict.accepted)
        row.writing.keep(
            proposal,
            verdict,
            draft_seconds=(drafted - began) / len(rows),
            verify_seconds=(verified - drafted) / len(rows),
        )


def verify_together(
    main: Slots, rows: Sequence[_Row], proposals: Sequence[Proposal], *, end: int, guard: float
) -> list[Verdict]:
    """The batched twin of :func:`specwhisper.decoding.acceptance.verify`: one pass, a verdict per row."""
    passes, sequences = [], []
    for row, proposal in zip(rows, proposals, strict=True):
        tokens, read, proposed = row.writing.tokens, row.writing.read, proposal.tokens
        continued = proposed[:-1] if proposed and proposed[-1] == end else proposed
        sequence = [*tokens, *continued]
        sequences.append(sequence)
        passes.append(Pass(sequence[read:], read, len(continued) + 1))
    logits = main.read(passes)
    ruled = [
        row.clip.rules.apply(part, sequence, len(row.writing.tokens))
        for row, sequence, part in zip(
            rows, sequences, logits.split([one.wanted for one in passes]), strict=True
        )
    ]
    wanted, gaps = best_with_gap(torch.cat(ruled))
    verdicts, reached = [], 0
    for slot, row in enumerate(rows):
        here = slice(reached, reached := reached + passes[slot].wanted)
        # The one pass that needs no guard is the very pass of single greedy decoding.
        greedy = len(rows) == 1 and passes[slot].wanted == 1
        verdicts.append(
            judge(
                proposals[slot].tokens,
                wanted[here],
                gaps[here],
                end=end,
                guard=0.0 if greedy else guard,
                again=partial(_again, main, slot, row, sequences[slot]),
            )
        )
    return verdicts


def _again(main: Slots, slot: int, row: _Row, sequence: Sequence[int], index: int) -> int:
    writing = row.writing
    return decide_alone(main.alone(slot), sequence, writing.read, len(writing.tokens), index, row.clip.rules)
