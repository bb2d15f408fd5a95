"""How far ahead the draft writes before main is asked.

Accepted runs are bimodal: a hard word ends the run at once, an easy stretch goes on for as long as the
draft dares. So the adaptive rule listens to the draft itself: it stops when the chance that everything
proposed so far is right (the product of the draft's probabilities) no longer justifies a step.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from specwhisper.errors import OptionError

MAX_LOOKAHEAD = 16


class Lookahead(Protocol):
    """Decides, proposal by proposal, whether the draft takes another step."""

    def goes_on(self, proposed: int, chance: float) -> bool:
        """Whether to draft one more token.

        Args:
            proposed: tokens proposed so far in this cycle.
            chance: the draft's own estimate that all of them are what main wants (1.0 for none).
        """
        ...


@dataclass(frozen=True)
class Fixed:
    """Always the same number of proposals."""

    tokens: int

    def goes_on(self, proposed: int, chance: float) -> bool:
        return proposed < self.tokens


@dataclass(frozen=True)
class Confidence:
    """Draft on while the whole proposal is likelier than ``threshold`` to be right."""

    threshold: float = 0.4
    longest: int = MAX_LOOKAHEAD

    def goes_on(self, proposed: int, chance: float) -> bool:
        return proposed < self.longest and chance >= self.threshold


def lookahead_from(option: int | Literal["auto"]) -> Lookahead:
    """The rule behind the user's ``lookahead`` option.

    Raises:
        OptionError: not "auto" or a whole number from 1 to 16.
    """
    if option == "auto":
        return Confidence()
    if isinstance(option, int) and 1 <= option <= MAX_LOOKAHEAD:
        return Fixed(option)
    raise OptionError(
        f"Lookahead {option!r} is not possible: choose 'auto' or a whole number from 1 to {MAX_LOOKAHEAD}."
    )
