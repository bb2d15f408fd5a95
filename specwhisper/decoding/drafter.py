"""The draft side of speculative decoding: cheap guesses at what main will write.

A drafter owes nothing to exactness. Whatever it proposes, only main decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from specwhisper.decoding.choice import best_with_probability
from specwhisper.decoding.lookahead import Lookahead
from specwhisper.decoding.reader import Reader
from specwhisper.vocabulary.rules import Rules


@dataclass(frozen=True, slots=True)
class Proposal:
    """Tokens that may come next, with the probability the draft gave each."""

    tokens: tuple[int, ...] = ()
    probabilities: tuple[float, ...] = ()


class Drafter(Protocol):
    """Proposes continuations of a growing sequence."""

    def propose(self, tokens: Sequence[int], room: int) -> Proposal:
        """At most ``room`` tokens to follow ``tokens``.

        ``tokens`` always extends what the previous call was given: main never takes a token back.
        """
        ...


class Silent:
    """Proposes nothing: with this drafter the speculative loop *is* greedy decoding."""

    def propose(self, tokens: Sequence[int], room: int) -> Proposal:
        return Proposal()


class ModelDrafter:
    """Greedy guesses of a small model with the same vocabulary as main.

    Args:
        reader: the small model, hearing the same clip.
        rules: the same rules that main obeys; a token main may not write is not worth proposing.
        lookahead: when to stop.
        end: id of end-of-text, after which nothing is proposed.
    """

    def __init__(self, reader: Reader, rules: Rules, lookahead: Lookahead, end: int) -> None:
        self._reader = reader
        self._rules = rules
        self._lookahead = lookahead
        self._end = end
        self._seen: list[int] = []  # what the reader's cache holds
        self._settled = 0  # how much of it main had confirmed at the previous call

    def propose(self, tokens: Sequence[int], room: int) -> Proposal:
        start = self._agreement(tokens)
        unread = list(tokens[start:])
        context = list(tokens)
        proposed: list[int] = []
        probabilities: list[float] = []
        chance = 1.0
        while len(proposed) < room and self._lookahead.goes_on(len(proposed), chance):
            logits = self._reader.read(unread, start)[-1:]
            start += len(unread)
            row = self._rules.apply(logits, context, len(context))[0]
            token, probability = best_with_probability(row)
            proposed.append(token)
            probabilities.append(probability)
            chance *= probability
            if token == self._end:
                break
            unread = [token]
            context.append(token)
        self._seen = context[:start]
        self._settled = len(tokens)
        return Proposal(tuple(proposed), tuple(probabilities))

    def _agreement(self, tokens: Sequence[int]) -> int:
        """How many of ``tokens`` the cache already holds, at least the last one left to be read."""
        most = min(len(self._seen), len(tokens) - 1)
        kept = min(self._settled, most)
        while kept < most and self._seen[kept] == tokens[kept]:
            kept += 1
        return kept
