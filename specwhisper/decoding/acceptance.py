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

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch

from specwhisper.decoding.choice import best_only, best_with_gap
from specwhisper.decoding.reader import Reader
from specwhisper.vocabulary.rules import Rule, Rules


@dataclass(frozen=True, slots=True)
class Verdict:
    """What main made of a proposal.

    Attributes:
        accepted: length of the accepted prefix.
        correction: main's own token after it, or None when an accepted end-of-text closed the window.
        near_ties: rows that were decided again.
        log_probabilities: what main gave each token it let stand, its own included; where that was asked.
    """

    accepted: int
    correction: int | None
    near_ties: int
    log_probabilities: tuple[float, ...] = ()


def verify(
    main: Reader,
    tokens: Sequence[int],
    read: int,
    proposed: Sequence[int],
    *,
    rules: Rules,
    end: int,
    guard: float,
    noise: Rule | None = None,
    scored: bool = False,
) -> Verdict:
    """Read the unread context and the proposal in one pass and decide how much of it stands.

    Args:
        main: the model that decides.
        tokens: prompt and text so far; main's cache holds the first ``read`` of them, at least one not.
        proposed: the draft's tokens; end-of-text, if any, comes last.
        rules: applied to every row alike.
        end: id of end-of-text.
        guard: a gap between the best two logits smaller than this is a near tie; 0 switches the guard off.
        noise: applied last; makes the best token a drawn one (decoding.noise).
        scored: whether the verdict shall say what main gave each token, noise apart.
    """
    unread = list(tokens[read:])
    # Nothing follows end-of-text, so it needs a row that decides on it but none that continues it.
    continued = list(proposed[:-1] if proposed and proposed[-1] == end else proposed)
    sequence = [*tokens, *continued]
    first = len(tokens)
    rows = main.read([*unread, *continued], read)[len(unread) - 1 :]
    allowed = rules.apply(rows, sequence, first)
    drawn = noise.apply(allowed, sequence, first) if noise else allowed
    # A pass without proposals is greedy decoding's own: nothing in it is decided again.
    guard = guard if continued else 0.0
    wanted, gaps = best_with_gap(drawn) if guard else (best_only(drawn), ())
    every = Rules((*rules.rules, noise)) if noise else rules
    verdict = judge(
        proposed,
        wanted,
        gaps,
        end=end,
        guard=guard,
        again=lambda index: decide_alone(main, sequence, read, first, index, every),
    )
    return scores(verdict, proposed, allowed) if scored else verdict


def scores(verdict: Verdict, proposed: Sequence[int], allowed: torch.Tensor) -> Verdict:
    """The verdict with what main gave each token that stands.

    Args:
        allowed: [rows, V] logits after the rules; row i decides on the token after i proposals.
    """
    own = () if verdict.correction is None else (verdict.correction,)
    standing = torch.tensor([*proposed[: verdict.accepted], *own], device=allowed.device)
    rows = allowed[: len(standing)]
    chosen = rows.gather(-1, standing[:, None])[:, 0] - rows.logsumexp(-1)
    return replace(verdict, log_probabilities=tuple(chosen.tolist()))


def judge(
    proposed: Sequence[int],
    wanted: Sequence[int],
    gaps: Sequence[float],
    *,
    end: int,
    guard: float,
    again: Callable[[int], int],
) -> Verdict:
    """Accept the prefix of a proposal that main agrees with: pure, one clip's share of a pass.

    Args:
        proposed: the draft's tokens.
        wanted: main's best token after each of the first 0, 1, ... proposals; one more than there are
            proposals, or as many when the last proposal is end-of-text.
        gaps: its lead over the second best; without a guard nobody looks at them.
        end: id of end-of-text.
        guard: rows with a smaller gap are decided again.
        again: the decision of a row (by its index in ``wanted``) at the width of greedy decoding.
    """
    near_ties = 0
    for index, best in enumerate(wanted):
        if guard and gaps[index] < guard:
            near_ties += 1
            best = again(index)
        if index < len(proposed) and proposed[index] == best:
            if best == end:
                return Verdict(index + 1, None, near_ties)
            continue
        return Verdict(index, best, near_ties)
    raise AssertionError("unreachable: the last row has no proposal to agree with")


def decide_alone(
    main: Reader, sequence: Sequence[int], read: int, first: int, index: int, rules: Rules
) -> int:
    """What greedy decoding would write after ``sequence[: first + index]``.

    Row 0 follows everything that was unread (the whole prompt, or main's last token); each further row
    follows one token, and its pass begins there.
    """
    start, stop = read if index == 0 else first + index - 1, first + index
    row = main.read(sequence[start:stop], start)[-1:]
    return best_only(rules.apply(row, sequence, stop))[0]
