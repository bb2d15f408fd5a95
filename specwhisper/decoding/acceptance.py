"""Main's verdict on a proposal: one pass, k+1 rows, keep what main would have written itself.

Greedy acceptance as in Leviathan et al. 2023 ("Fast Inference from Transformers via Speculative
Decoding", temperature 0) and Stern et al. 2018 ("Blockwise Parallel Decoding"): row i of the pass says
what main wants after the first i proposals; the first disagreement is replaced by main's own token, and
when there is none, the last row is a bonus token.

**Near ties.** Floating-point sums depend on the width of a pass, so where main's best two tokens are
almost equal, a wide pass can order them differently from the width-1 pass of greedy decoding. Such a
row is decided again at the width greedy decoding would have used, and counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from specwhisper.decoding.choice import best_with_gap
from specwhisper.decoding.reader import Reader
from specwhisper.vocabulary.rules import Rules


@dataclass(frozen=True, slots=True)
class Verdict:
    """What main made of a proposal.

    Attributes:
        accepted: length of the accepted prefix.
        correction: main's own token after it, or None when an accepted end-of-text closed the window.
        near_ties: rows that were decided again.
    """

    accepted: int
    correction: int | None
    near_ties: int


def verify(
    main: Reader,
    tokens: Sequence[int],
    read: int,
    proposed: Sequence[int],
    *,
    rules: Rules,
    end: int,
    guard: float,
) -> Verdict:
    """Read the unread context and the proposal in one pass and decide how much of it stands.

    Args:
        main: the model that decides.
        tokens: prompt and text so far; main's cache holds the first ``read`` of them, at least one not.
        proposed: the draft's tokens; end-of-text, if any, comes last.
        rules: applied to every row alike.
        end: id of end-of-text.
        guard: a gap between the best two logits smaller than this is a near tie; 0 switches the guard off.
    """
    unread = list(tokens[read:])
    # Nothing follows end-of-text, so it needs a row that decides on it but none that continues it.
    continued = list(proposed[:-1] if proposed and proposed[-1] == end else proposed)
    sequence = [*tokens, *continued]
    first = len(tokens)
    rows = main.read([*unread, *continued], read)[len(unread) - 1 :]
    wanted, gaps = best_with_gap(rules.apply(rows, sequence, first))

    near_ties = 0
    for index, best in enumerate(wanted):
        if continued and gaps[index] < guard:
            near_ties += 1
            best = _decide_alone(
                main, sequence, read if index == 0 else first + index - 1, first + index, rules
            )
        if index < len(proposed) and proposed[index] == best:
            if best == end:
                return Verdict(index + 1, None, near_ties)
            continue
        return Verdict(index, best, near_ties)
    raise AssertionError("unreachable: the last row has no proposal to agree with")


def _decide_alone(main: Reader, sequence: list[int], start: int, stop: int, rules: Rules) -> int:
    """What greedy decoding would write after ``sequence[:stop]``, its pass beginning at ``start``."""
    row = main.read(sequence[start:stop], start)[-1:]
    return best_with_gap(rules.apply(row, sequence, stop))[0][0]
