"""How many tokens of a known text are proposed: as many as are expected to pay.

Proposals from a text cost no draft step, only a wider pass. How likely one is to be right is learned by
*kind*: it follows one that agreed, it is the first after so many agreements, or the first after a
disagreement. So a text that main agrees with is proposed as far as passes go, and one that has nothing to do
with the sound costs next to nothing: wrong proposals are paid from what right ones have saved.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from specwhisper.decoding.costs import Costs
from specwhisper.decoding.lookahead import MAX_LOOKAHEAD, Share

Kind = Literal[
    "begin", "follow", "agree 1", "agree 2", "agree 3", "agree 4", "far", "swapped 1", "swapped 2",
    "swapped 3", "added", "open", "close", "end",
]  # fmt: skip
"""What stands before a proposed token.

``begin``: a window's first. ``follow``: a proposed token. ``agree n``: so many that agree. ``far``: a place
that was found anew, not near. ``swapped n``: so many of main's own in place of a word. ``added``: one of
main's own that the text lacks. ``open``, ``close``: it is a timestamp. ``end``: it is end-of-text.
"""

_GUESSES: dict[Kind, float] = {
    "begin": 0.7,
    "follow": 0.9,
    "agree 1": 0.7,
    "agree 2": 0.85,
    "agree 3": 0.9,
    "agree 4": 0.93,
    "far": 0.4,
    "swapped 1": 0.45,
    "swapped 2": 0.4,
    "swapped 3": 0.2,
    "added": 0.3,
    "open": 0.7,
    "close": 0.5,
    "end": 0.6,
}
_CERTAIN = ("agree 2", "agree 3", "agree 4")  # a text that has nothing to do with the sound seldom gets there
_WEIGHT = 4.0
_MEMORY = 0.96  # per cycle
_CYCLES, _HOPED = 5.0, 4.0  # the first guess: so many cycles, with so many tokens each
_CREDIT, _EVER, _ALMOST = 0.6, 0.02, 40.0  # passes of one token: at first, more per cycle, and at most


class Agreement:
    """What is known of how a text and main agree; one per recording.

    Args:
        costs: of main's passes here. None: proposals are as long as their chance stays above a half.
        most: proposals per cycle.
        fixed: always as many, as far as there are any.
    """

    def __init__(self, costs: Costs | None, most: int = MAX_LOOKAHEAD, *, fixed: bool = False) -> None:
        self._costs = costs
        self._most = most
        self._fixed = fixed
        self._shares = {kind: Share(guess, _WEIGHT, _MEMORY) for kind, guess in _GUESSES.items()}
        self._credit = _CREDIT
        self._right = False
        self._tokens = _CYCLES * _HOPED
        self._seconds = _CYCLES * (costs.pass_of(round(_HOPED) + 1) if costs else 1.0)

    @property
    def trusted(self) -> bool:
        """Whether it has ever been right."""
        return self._right

    @property
    def rate(self) -> float:
        """Tokens per second that its cycles wrote lately."""
        return self._tokens / self._seconds

    def chance(self, kind: Kind) -> float:
        """How likely a token of this kind is right, if those before it are."""
        return self._shares[kind].value

    def worth(self, kinds: Sequence[Kind]) -> tuple[int, float]:
        """How many of these tokens to propose, and the tokens per second expected then.

        Args:
            kinds: of tokens that could be proposed, in order.
        """
        most = min(len(kinds), self._most)
        if self._fixed or self._costs is None:
            return self._by_chance(kinds[:most])
        # What a cycle brings beyond what its time would bring elsewhere, as in CostAwareLookahead.
        alone = 1 / self._costs.pass_of(1)
        elsewhere = max(alone, self.rate)
        chance = expected = 1.0
        best, most_brought, rate = 0, 1.0 - elsewhere / alone, alone
        for count, kind in enumerate(kinds[:most], 1):
            chance *= self._shares[kind].value
            expected += chance
            seconds = self._costs.pass_of(count + 1)
            if kinds[0] not in _CERTAIN and seconds * alone - 1.0 > self._credit:
                break
            if expected - elsewhere * seconds > most_brought:
                best, most_brought, rate = count, expected - elsewhere * seconds, expected / seconds
        return best, rate

    def _by_chance(self, kinds: Sequence[Kind]) -> tuple[int, float]:
        chance, count = 1.0, 0
        for kind in kinds:
            chance *= self._shares[kind].value
            if not self._fixed and chance < 0.5:
                break
            count += 1
        alone = 1 / self._costs.pass_of(1) if self._costs else 1.0
        return count, float("inf") if count else alone

    def learn(self, kinds: Sequence[Kind], accepted: int) -> None:
        """Main accepted so many of the proposed tokens, and did not look at what follows the next one."""
        self._right |= accepted > 1  # one may be right by chance
        for place, kind in enumerate(kinds[: accepted + 1]):
            self._shares[kind].add(place < accepted, 1)
        if self._costs:
            seconds = self._costs.pass_of(len(kinds) + 1)
            saved = accepted + 1 - seconds / self._costs.pass_of(1)
            self._credit = min(self._credit + saved + _EVER, _ALMOST)
            self._tokens = _MEMORY * self._tokens + accepted + 1
            self._seconds = _MEMORY * self._seconds + seconds
