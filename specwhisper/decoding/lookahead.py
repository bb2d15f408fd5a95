"""How far ahead the draft writes before main is asked.

Accepted runs are bimodal: a hard word ends the run at once, an easy stretch goes on for as long as the
draft dares. So the adaptive rules listen to the draft itself: the product of its probabilities is the
chance that everything proposed so far is right.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Literal, Protocol

from specwhisper.decoding.costs import Costs
from specwhisper.errors import OptionError

MAX_LOOKAHEAD = 16


class Lookahead(Protocol):
    """Decides, token by token, whether the draft takes another step."""

    def pays(self, sound: float) -> bool:
        """Whether the draft is worth encoding a window with so many seconds of sound."""
        ...

    def saves(self, sound: float, otherwise: float) -> bool:
        """Whether it is worth that, where without it a token takes ``otherwise`` seconds."""
        ...

    @property
    def rate(self) -> float:
        """Tokens per second that cycles with this draft are expected to write; 0 where nobody knows."""
        ...

    def wrote(self, sound: float, tokens: int) -> None:
        """A window with so many seconds of sound has become so many tokens."""
        ...

    def goes_on(self, probabilities: Sequence[float]) -> bool:
        """Whether to draft one more token, after those proposed in this cycle (none at its start).

        Args:
            probabilities: what the draft gave each of them.
        """
        ...

    def learn(self, probabilities: Sequence[float], accepted: int) -> None:
        """Main accepted so many of a proposal."""
        ...


class _Always:
    """A rule that asks the draft in every window, and learns nothing."""

    rate = 0.0

    def pays(self, sound: float) -> bool:
        return True

    def saves(self, sound: float, otherwise: float) -> bool:
        return True

    def wrote(self, sound: float, tokens: int) -> None:
        """Nothing to learn."""

    def learn(self, probabilities: Sequence[float], accepted: int) -> None:
        """Nothing to learn."""


@dataclass(frozen=True)
class Fixed(_Always):
    """Always the same number of proposals."""

    tokens: int

    def goes_on(self, probabilities: Sequence[float]) -> bool:
        return len(probabilities) < self.tokens


@dataclass(frozen=True)
class Confidence(_Always):
    """Draft on while the whole proposal is likelier than ``threshold`` to be right."""

    threshold: float = 0.4
    longest: int = MAX_LOOKAHEAD

    def goes_on(self, probabilities: Sequence[float]) -> bool:
        return len(probabilities) < self.longest and prod(probabilities) >= self.threshold


class CostAwareLookahead:
    """Draft on while the next token is expected to earn more than its time would earn elsewhere.

    One more proposal brings, on average, the chance that it and all before it are right; it costs a draft
    step and a slightly wider pass. It pays when that ratio beats the rate at which this recording is being
    written anyway. (Stopping a renewal process at its long-run rate is optimal; the rate is estimated on
    the way, as in Dinkelbach's method for fractional programmes.)

    When the cycles that asked the draft write more slowly than main would alone, the draft keeps silent, so
    that a stretch it cannot follow is no slower than greedy decoding; it is asked again now and then.

    Before a window, the same for the whole of it: the draft has to encode it first, and what it is expected
    to save must be worth that. Beside a quick main it never is.

    Everything is computed from the ``costs`` and from what main accepted, never from a clock, so the same
    costs give the same proposals.

    Args:
        costs: of a draft step and of verify passes here.
        longest: most proposals per cycle.
    """

    def __init__(self, costs: Costs, longest: int = MAX_LOOKAHEAD) -> None:
        self._costs = costs
        self._longest = longest
        self._agreement = Share(_AGREEMENT[0], _AGREEMENT[1], _MEMORY)
        # What the cycles that drafted wrote, and what they cost.
        accepted = sum(_AGREEMENT[0] ** place for place in range(1, _TYPICAL + 1))
        self._tokens = _CYCLES * (accepted + 1)
        self._seconds = _CYCLES * (_TYPICAL * costs.draft + costs.pass_of(_TYPICAL + 1))
        self._hoped = self._tokens / self._seconds
        self._silent = 0
        self._skipped = 0
        self._sound, self._written = _SOUND, _SOUND * TOKENS_PER_SECOND

    @property
    def rate(self) -> float:
        return self._tokens / self._seconds

    def pays(self, sound: float) -> bool:
        alone = self._costs.pass_of(1)
        if self.saves(sound, alone):
            return True
        if not self._saves(sound, alone, self._hoped):
            return False
        # It was worse than hoped for: maybe it can follow what is said by now.
        self._skipped += 1
        return self._skipped % _ENCODE_AGAIN == 0

    def saves(self, sound: float, otherwise: float) -> bool:
        return self._saves(sound, otherwise, self.rate)

    def _saves(self, sound: float, otherwise: float, rate: float) -> bool:
        """Whether a window costs less with a draft that lets so many tokens per second be written."""
        tokens = sound * self._written / self._sound
        saved = tokens * (otherwise - 1 / rate)
        return saved >= _WORTH * self._costs.encoding(sound)

    def wrote(self, sound: float, tokens: int) -> None:
        self._sound += sound
        self._written += tokens

    def goes_on(self, probabilities: Sequence[float]) -> bool:
        proposed = len(probabilities)
        alone, drafting = 1 / self._costs.pass_of(1), self.rate
        if proposed == 0:
            if drafting >= alone:
                return True
            self._silent += 1
            return self._silent % _ASK_AGAIN == 0
        chance = calibrated(prod(probabilities)) * self._agreement.value
        price = self._costs.draft + self._costs.pass_of(proposed + 2) - self._costs.pass_of(proposed + 1)
        return proposed < self._longest and chance >= max(drafting, alone) * price

    def learn(self, probabilities: Sequence[float], accepted: int) -> None:
        proposed = len(probabilities)
        if not proposed:
            return
        if accepted:
            # Main judged the accepted tokens and the one after them; what follows was not looked at.
            self._agreement.add(accepted - 1, min(accepted + 1, proposed) - 1)
        seconds = proposed * self._costs.draft + self._costs.pass_of(proposed + 1)
        self._tokens = _MEMORY * self._tokens + accepted + 1
        self._seconds = _MEMORY * self._seconds + seconds


class Share:
    """A share of successes in which older ones count less and less.

    Args:
        guess: the share at first, and ``weight`` how many it stands for.
        memory: what is left of a success with every further one.
    """

    def __init__(self, guess: float, weight: float, memory: float) -> None:
        self._right = guess * weight
        self._seen = weight
        self._memory = memory

    @property
    def value(self) -> float:
        return self._right / self._seen

    def add(self, right: int, seen: int) -> None:
        self._right = self._memory * self._right + right
        self._seen = self._memory * self._seen + seen


# First guesses (base+tiny on English, Dutch, other languages and noise) and what they weigh.
_AGREEMENT = (0.87, 12.0)  # with a proposal, the first or one after an accepted one
_TYPICAL, _CYCLES = 3, 10.0  # proposals, accepted as often as that
_MEMORY = 0.98  # per cycle: the last fifty or so count
_ASK_AGAIN = 6  # cycles of silence
_ENCODE_AGAIN = 8  # windows of it
TOKENS_PER_SECOND, _SOUND = 3.0, 10.0  # of speech in most languages, and the seconds that this guess weighs
_WORTH = 1.2  # what the draft is expected to save, over what it costs to encode: guesses err


def calibrated(chance: float) -> float:
    """How often main agrees with proposals to which the draft gave this chance.

    Tiny is a little too modest: of what it gave 0.25, 0.45, 0.66 and 0.86, base accepted 0.36, 0.53, 0.77
    and 0.88 (1,332 proposals).
    """
    return float(chance**0.75)


def lookahead_from(option: int | Literal["auto"], costs: Costs | None = None) -> Callable[[], Lookahead]:
    """What makes the rule behind the user's ``lookahead`` option, anew for every recording.

    Args:
        costs: what ``auto`` reckons with; without them it goes by the draft's confidence alone.

    Raises:
        OptionError: not "auto" or a whole number from 1 to 16.
    """
    if option == "auto":
        return Confidence if costs is None else lambda: CostAwareLookahead(costs)
    if isinstance(option, int) and 1 <= option <= MAX_LOOKAHEAD:
        return lambda: Fixed(option)
    raise OptionError(
        f"Lookahead {option!r} is not possible: choose 'auto' or a whole number from 1 to {MAX_LOOKAHEAD}."
    )
