"""Whether a text has begun to repeat itself, token by token.

Whisper may write the same words again and again until a window is full. To end the window there saves most of
that time, but it is not main's text any more, so nobody does it unasked.
"""

from __future__ import annotations

_LONGEST = 32  # tokens of what is repeated
_TIMES = 4  # so often it has been written when it is a loop
_LEAST = 24  # tokens in all: people do say "no, no, no, no"


class LoopWatch:
    """Reads a text as it is written. What it says of a token depends on the text up to there alone, so it
    does not matter how many tokens a cycle writes.

    Args:
        stamp: id of ``<|0.00|>``; timestamps are not compared, as they differ in every round.
    """

    def __init__(self, stamp: int) -> None:
        self._stamp = stamp
        self._tokens: list[int] = []
        self._same = [0] * (_LONGEST + 1)  # by distance: tokens in a row that equal the one so far before

    def loops(self, token: int) -> bool:
        """Whether the text has become a loop with this token."""
        if token >= self._stamp:
            return False
        self._tokens.append(token)
        count = len(self._tokens)
        found = False
        for distance in range(1, min(_LONGEST, count - 1) + 1):
            if token == self._tokens[-1 - distance]:
                self._same[distance] += 1
                found |= self._same[distance] + distance >= max(_TIMES * distance, _LEAST)
            else:
                self._same[distance] = 0
        return found
