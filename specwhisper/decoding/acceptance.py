"""Main's verdict on a proposal: one pass, k+1 rows of logits, keep what main would have written itself.

Row i says what main wants after the first i proposals; the first disagreement is replaced by main's own
token, and when there is none, the last row is a bonus token (Leviathan et al. 2023, temperature 0; Stern et
al. 2018).

**Near ties.** Where a network is not batch-invariant, floating-point sums depend on the width of a pass. So
where main's best two tokens are almost equal, a wide pass can order them differently from the width-1 pass of
greedy decoding. Such a row is decided again at the width greedy decoding would have used, and counted.

decoding.sampling.sampled has the other :class:`Choice`: main's tokens are drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import torch

from specwhisper.decoding.choice import best_only, best_with_gap
from specwhisper.decoding.decision import Decided
from specwhisper.decoding.drafters.base import Proposal
from specwhisper.decoding.reader import Reader
from specwhisper.vocabulary.grammar import fits
from specwhisper.vocabulary.rules import Rule, Rules


@dataclass(frozen=True, slots=True)
class Question:
    """What main is asked about one window in one pass.

    Attributes:
        sequence: prompt, text so far and the proposals that need to be read.
        cached: main has read the first so many of them.
        first: position of the first token to decide.
        proposal: what the draft proposes from there.
        end: id of end-of-text.
        greedy: whether the pass is the very one of greedy decoding by itself.
    """

    sequence: Sequence[int]
    cached: int
    first: int
    proposal: Proposal
    end: int
    greedy: bool

    @classmethod
    def about(
        cls, tokens: Sequence[int], cached: int, proposal: Proposal, end: int, *, alone: bool
    ) -> Question:
        """Of a window that stands at ``tokens``; ``alone`` if no other row is in the pass."""
        proposed = proposal.tokens
        # Nothing follows end-of-text, so it needs a row that decides on it but none that continues it.
        continued = proposed[:-1] if proposed and proposed[-1] == end else proposed
        return cls([*tokens, *continued], cached, len(tokens), proposal, end, alone and not continued)

    @property
    def unread(self) -> Sequence[int]:
        return self.sequence[self.cached :]

    @property
    def wanted(self) -> int:
        """Rows of logits to decide by: one more than proposals were read."""
        return len(self.sequence) - self.first + 1


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
    near_ties: int = 0
    log_probabilities: tuple[float, ...] = ()


class Choice(Protocol):
    """How main chooses its tokens, and so which proposals it accepts."""

    @property
    def decidable(self) -> bool:
        """Whether a device can decide by itself; see :meth:`Greedy.verdict`."""
        ...

    def judge(self, question: Question, logits: torch.Tensor, alone: Callable[[], Reader]) -> Verdict:
        """Decide how much of a proposal stands.

        Args:
            logits: main's, [question.wanted, V].
            alone: gives a reader of this window by itself, to decide something again.
        """
        ...


@dataclass(frozen=True, slots=True)
class Greedy:
    """Main's likeliest token.

    Attributes:
        rules: what may be written where; applied to every row of logits alike.
        guard: a gap between the best two logits smaller than this is a near tie; 0 for a network that is
            batch-invariant.
        noise: applied last; makes the best token a drawn one (decoding.noise).
        scored: whether the verdict shall say what main gave each token, noise apart.
    """

    rules: Rules
    guard: float = 0.0
    noise: Rule | None = None
    scored: bool = False

    def judge(self, question: Question, logits: torch.Tensor, alone: Callable[[], Reader]) -> Verdict:
        allowed = self.rules.apply(logits, question.sequence, question.first)
        drawn = self.noise.apply(allowed, question.sequence, question.first) if self.noise else allowed
        guard = 0.0 if question.greedy else self.guard
        wanted, gaps = best_with_gap(drawn) if guard else (best_only(drawn), ())
        proposed = question.proposal.tokens
        verdict = accept(
            proposed,
            wanted,
            gaps,
            end=question.end,
            guard=guard,
            again=lambda index: self._decide_alone(alone(), question, index),
        )
        return scores(verdict, proposed, allowed) if self.scored else verdict

    @property
    def decidable(self) -> bool:
        """Whether a device can decide by itself: there is no noise, and its table can say the rules."""
        return self.noise is None and fits(self.rules)

    def verdict(self, question: Question, decided: Decided, again: Callable[[int], int]) -> Verdict:
        """As :meth:`judge`, where main has decided already.

        Args:
            again: the decision of a row (by its index) at the width of greedy decoding.
        """
        verdict = accept(
            question.proposal.tokens,
            decided.tokens,
            decided.gaps,
            end=question.end,
            guard=0.0 if question.greedy else self.guard,
            again=again,
        )
        if not self.scored:
            return verdict
        standing = verdict.accepted + (verdict.correction is not None)
        # Of a row that was decided again it is that of the other of two that are all but equal.
        return replace(verdict, log_probabilities=decided.log_probabilities[:standing])

    def _decide_alone(self, main: Reader, question: Question, index: int) -> int:
        """What greedy decoding would write after the first ``index`` proposals.

        The first row follows everything that was unread (the whole prompt, or main's last token); each
        further one follows one token, and its pass begins there.
        """
        stop = question.first + index
        start = question.cached if index == 0 else stop - 1
        row = main.read(question.sequence[start:stop], start)[-1:]
        row = self.rules.apply(row, question.sequence, stop)
        if self.noise:
            row = self.noise.apply(row, question.sequence, stop)
        return best_only(row)[0]


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


def accept(
    proposed: Sequence[int],
    wanted: Sequence[int],
    gaps: Sequence[float],
    *,
    end: int,
    guard: float,
    again: Callable[[int], int],
) -> Verdict:
    """Accept the prefix of a proposal that main agrees with.

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
