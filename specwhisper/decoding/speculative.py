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
from specwhisper.vocabulary.rules import Rule, Rules

AnyProposal = TypeVar("AnyProposal", bound=Proposal)
OnCycle = Callable[[Sequence[int]], None]


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
    read: int = 0,
    noise: Rule | None = None,
    scored: bool = False,
    on_cycle: OnCycle | None = None,
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
        read: how much of the prompt main has read already; not all of it.
        noise, scored: see :func:`specwhisper.decoding.acceptance.verify`.
        on_cycle: told after each cycle what has been written so far; what it raises stops the decode.
    """

    def judge(tokens: Sequence[int], read: int, proposal: Proposal) -> Verdict:
        verdict = verify(
            main, tokens, read, proposal.tokens, rules=rules, end=end, guard=guard, noise=noise, scored=scored
        )
        drafter.learn(proposal, verdict.accepted)
        return verdict

    writing = Writing(prompt, end=end, limit=limit, window=window, read=read)
    return write(drafter.propose, judge, writing, clock=clock, on_cycle=on_cycle)


def write(
    propose: Callable[[Sequence[int], int], AnyProposal],
    judge: Callable[[Sequence[int], int, AnyProposal], Verdict],
    writing: Writing,
    *,
    clock: Callable[[], float],
    on_cycle: OnCycle | None = None,
) -> Decoded:
    """The loop itself, for any way to propose and to judge (greedy here, drawn in decoding.sampling).

    Args:
        propose: given the tokens so far and the room left, what may follow.
        judge: given the tokens so far, how many of them main has read, and the proposal: main's verdict.
        writing: the window, nothing written in it yet.
        clock, on_cycle: as :func:`decode`.
    """
    began = clock()
    while not writing.finished:
        proposal = propose(writing.tokens, writing.room)
        drafted = clock()
        verdict = judge(writing.tokens, writing.read, proposal)
        verified = clock()
        writing.keep(proposal, verdict, draft_seconds=drafted - began, verify_seconds=verified - drafted)
        if on_cycle:
            on_cycle(writing.written)
        began = clock() if on_cycle else verified
    return writing.decoded()
