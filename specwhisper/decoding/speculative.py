"""The decode loop. Knows tokens and nothing else: no text, no files, no pages.

Greedy decoding is this loop with a drafter that proposes nothing, so the baseline and the speculative
run share every line except the drafting.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from specwhisper.decoding.acceptance import verify
from specwhisper.decoding.drafter import Drafter
from specwhisper.decoding.reader import Reader
from specwhisper.results import Cycle, Decoded
from specwhisper.vocabulary.rules import Rules


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
    tokens = list(prompt)
    read = 0  # main's cache is valid for tokens[:read]
    cycles: list[Cycle] = []
    ended = False
    began = clock()
    while not ended and len(tokens) < limit:
        # Leave room for main's own token, which comes with every pass.
        proposal = drafter.propose(tokens, limit - len(tokens) - 1)
        drafted = clock()
        verdict = verify(main, tokens, read, proposal.tokens, rules=rules, end=end, guard=guard)
        read = len(tokens) + verdict.accepted
        tokens.extend(proposal.tokens[: verdict.accepted])
        if verdict.correction is not None:
            tokens.append(verdict.correction)
        ended = tokens[-1] == end
        verified = clock()
        cycles.append(
            Cycle(
                proposed=proposal.tokens,
                accepted=verdict.accepted,
                correction=verdict.correction,
                draft_probability=proposal.probabilities,
                draft_seconds=drafted - began,
                verify_seconds=verified - drafted,
                near_ties=verdict.near_ties,
                window=window,
            )
        )
        began = verified
    written = tokens[len(prompt) : -1] if ended else tokens[len(prompt) :]
    return Decoded(tokens=tuple(written), cycles=tuple(cycles), ended=ended)
