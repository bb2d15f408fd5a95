"""A text that main may be about to write, and the search for where in it main is.

What main writes and the known text differ in a word here and there, in case, in punctuation. So they are
compared by *keys*: a token's letters without case and blanks; what has none (punctuation, timestamps) is not
compared at all. The place is after the last token that agrees; after a disagreement it is found again by the
last tokens that agree near where it was lost, or, when four agree in a row, anywhere.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

Key = Callable[[int], str]
"""What a token is compared by; empty if it is not compared."""

_NEAR = 40  # compared tokens around the place where it was lost
_FAR = 4  # so many must agree in a row, to be found anywhere
_MOST = 6  # agreements that are counted


@dataclass(frozen=True, slots=True)
class Found:
    """A place in the text.

    Attributes:
        at: index of the token after it.
        agree: how many compared tokens before it agree with main's last ones, at most six.
        off: how many compared tokens it lies from where it was looked for.
    """

    at: int
    agree: int
    off: int


class KnownText:
    """Tokens of main's vocabulary, with or without timestamps.

    Args:
        tokens: end-of-text at the end if nothing is said after them.
        key: see :data:`Key`.
        begins: whether a token begins a word; of scripts without blanks, always.
    """

    def __init__(self, tokens: Sequence[int], key: Key, begins: Callable[[int], bool]) -> None:
        self.tokens = tuple(tokens)
        self.key = key
        self._begins = begins
        self.keys: list[str] = []
        self.places: list[int] = []  # of the compared tokens among all
        for place, token in enumerate(self.tokens):
            letters = key(token)
            if letters:
                self.keys.append(letters)
                self.places.append(place)

    def follows(self, at: int, letters: str) -> int | None:
        """The index after the next compared token from ``at`` on, if that is ``letters``."""
        index = bisect_left(self.places, at)
        if index < len(self.keys) and self.keys[index] == letters:
            return self.places[index] + 1
        return None

    def next_word(self, at: int) -> int:
        """The index of the first token after the word at ``at``."""
        index = bisect_left(self.places, at)
        after = (self.places[each] for each in range(index + 1, len(self.places)))
        return next((place for place in after if self._begins(self.tokens[place])), len(self.tokens))

    def find(self, written: Sequence[str], around: int, passed: int) -> Found | None:
        """The likeliest place after ``written``.

        Args:
            written: keys of what main wrote, its last at the end.
            around: index of a token where main was for certain.
            passed: compared tokens that main has written since.
        """
        if not written:
            return None
        expected = bisect_left(self.places, around) + passed
        everywhere = self._index.get(written[-1], [])
        first = bisect_left(everywhere, expected - _NEAR)
        last = bisect_left(everywhere, expected + _NEAR)
        best = self._best(everywhere[first:last], written, expected)
        if (best is None or best.agree < _FAR) and len(written) >= _FAR:
            far = self._best(self._runs.get(tuple(written[-_FAR:]), []), written, expected)
            if far and (best is None or far.agree > best.agree):
                best = far
        return best

    def _best(self, ends: Sequence[int], written: Sequence[str], expected: int) -> Found | None:
        found = [
            Found(self.places[end] + 1, self._agreeing(end, written), abs(end + 1 - expected)) for end in ends
        ]
        return max(found, key=lambda each: each.agree - each.off / 10, default=None)

    def _agreeing(self, end: int, written: Sequence[str]) -> int:
        """How many of the last keys agree with those up to ``end``."""
        most = min(_MOST, len(written), end + 1)
        return next((n for n in range(1, most) if self.keys[end - n] != written[-1 - n]), most)

    @cached_property
    def _index(self) -> dict[str, list[int]]:
        """Where each key stands, among the compared tokens."""
        index: dict[str, list[int]] = defaultdict(list)
        for place, letters in enumerate(self.keys):
            index[letters].append(place)
        return index

    @cached_property
    def _runs(self) -> dict[tuple[str, ...], list[int]]:
        """Where each run of four ends."""
        runs: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for end in range(_FAR - 1, len(self.keys)):
            runs[tuple(self.keys[end - _FAR + 1 : end + 1])].append(end)
        return runs
