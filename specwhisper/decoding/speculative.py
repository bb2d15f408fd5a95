"""The decode loop. Knows tokens and nothing else: no text, no files, no pages.

Greedy decoding is this loop with a drafter that proposes nothing, so the baseline and the speculative
run share every line except the drafting.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from specwhisper.decoding.acceptance import Verdict, verify
from specwhisper.decoding.drafter import Drafter, Proposal
from specwhisper.decoding.reader import Reader
from specwhisper.decoding.writing import Writing
from specwhisper.results import Decoded
from specwhisper.vocabulary.rules import Rules

AnyProposal = TypeVar("AnyProposal", bound=Proposal)


def decode(
    main: Reader,
    drafter: Drafter,
    prompt: Sequence[int],
    *,
    rules: Rules,
    end: int,
    limit: int,
    guard: float,
    clock: Callable[[], float],
    window: int = 0,
) -> Decoded:
    """Write one window: draft, verify, keep, until end-of-text or the limit.

    Args:
        main: the model whose text this is.
        drafter: proposes; ``Silent()`` makes this greedy decoding.
        prompt: the ids to start from, not empty.
        rules: what may be written where.
        end: id of end-of-text.
        limit: longest sequence, prompt included (Whisper: 448).
        guard: see :func:`specwhisper.decoding.acceptance.verify`.
        clock: seconds, with the device synchronised.
        window: recorded in the cycles.
    """

    def judge(tokens: Sequence[int], read: int, proposal: Proposal) -> Verdict:
        verdict = verify(main, tokens, read, proposal.tokens, rules=rules, end=end, guard=guard)
        drafter.learn(proposal, verdict.accepted)
        return verdict

    return write(drafter.propose, judge, prompt, end=end, limit=limit, clock=clock, window=window)


def write(
    propose: Callable[[Sequence[int], int], AnyProposal],
    judge: Callable[[Sequence[int], int, AnyProposal], Verdict],
    prompt: Sequence[int],
    *,
    end: int,
    limit: int,
    clock: Callable[[], float],
    window: int = 0,
) -> Decoded:
    """The loop itself, for any way to propose and to judge (greedy here, drawn in decoding.sampling).

    Args:
        propose: given the tokens so far and the room left, what may follow.
        judge: given the tokens so far, how many of them main has read, and the proposal: main's verdict.
        prompt, end, limit, clock, window: as :func:`decode`.
    """
    writing = Writing(prompt, end=end, limit=limit, window=window)
    began = clock()
    while not writing.finished:
        proposal = propose(writing.tokens, writing.room)
        drafted = clock()
        verdict = judge(writing.tokens, writing.read, proposal)
        verified = clock()
        writing.keep(proposal, verdict, draft_seconds=drafted - began, verify_seconds=verified - drafted)
        began = verified
    return writing.decoded()
