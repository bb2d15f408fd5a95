"""The one measuring loop: all ways on all subjects by turns, so that a slow minute hits all alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from operator import itemgetter
from typing import Generic, TypeVar

from specwhisper.evaluation.common.ledger import Ledger
from specwhisper.progress import OnProgress

S = TypeVar("S")  # a subject
T = TypeVar("T")  # a record


class Broken(Exception):  # noqa: N818 - it concerns one way, and the measurement goes on
    """A way cannot go on, in one line."""


@dataclass(frozen=True, slots=True)
class Found(Generic[S, T]):
    """One subject.

    Attributes:
        order: which way went first, second, ... in each round.
        calls: way -> its records, round by round.
    """

    subject: S
    order: list[tuple[str, ...]]
    calls: dict[str, list[T]]


@dataclass(frozen=True)
class Rounds(Generic[S, T]):
    """What is to be measured.

    Attributes:
        ledger: what it holds is not done again.
        name: of it all in the ledger; a record's name goes on with subject, round and way.
        subjects: by name: clips, groups of clips, windows, lengths. Two of one name share their records.
        ways: in which each is done, the baseline first.
        rounds: how many times.
        kind: of a record: a ``Call``, or a tuple of them.
        failed: way -> why it was taken out.
    """

    ledger: Ledger
    name: str
    subjects: Sequence[tuple[str, S]]
    ways: Sequence[str]
    rounds: int
    kind: type[T]
    failed: dict[str, str] = field(default_factory=dict)

    def missing(self, way: str) -> bool:
        """Whether the ledger lacks a record of this way."""
        every = product(self.subjects, range(self.rounds))
        return any(self._key(name, number, way) not in self.ledger for (name, _), number in every)

    def each(
        self,
        measure: Callable[[S, str], T],
        on_progress: OnProgress,
        *,
        warm: Callable[[str], object] = lambda way: None,
        by_round: bool = False,
    ) -> Iterator[Found[S, T]]:
        """Measure; a subject is handed over as soon as all its rounds are through.

        The order of the ways moves on by one from subject to subject and from round to round. A way that
        breaks is taken out, and the others go on.

        Args:
            measure: one way on one subject, once; raises ``Broken``.
            warm: tries a way that will be measured, so that nobody pays for the first time; the same.
            by_round: every subject once before any is done again; else one subject after the other.
        """
        for way in filter(self.missing, self._left()):
            on_progress(0.0, f"warming up {way}")
            with self._excluding(way):
                warm(way)
        found: list[Found[S, T]] = [
            Found(subject, [], {way: [] for way in self.ways}) for _, subject in self.subjects
        ]
        visits: Iterable[tuple[int, int]] = product(range(self.rounds), range(len(found)))
        for done, (number, at) in enumerate(visits if by_round else sorted(visits, key=itemgetter(1))):
            name, subject = self.subjects[at]
            order = _rotated(self._left(), number + at)
            found[at].order.append(order)
            for place, way in enumerate(order):
                fraction = (done + place / len(order)) / (self.rounds * len(found))
                on_progress(fraction, f"round {number + 1} of {self.rounds}, {name}, {way}")
                with self._excluding(way):
                    made = partial(measure, subject, way)
                    key = self._key(name, number, way)
                    found[at].calls[way].append(self.ledger.once(key, self.kind, made))
            if number + 1 == self.rounds:
                yield found[at]

    def _left(self) -> tuple[str, ...]:
        return tuple(way for way in self.ways if way not in self.failed)

    @contextmanager
    def _excluding(self, way: str) -> Iterator[None]:
        try:
            yield
        except Broken as error:
            self.failed[way] = str(error)

    def _key(self, name: str, number: int, way: str) -> str:
        return f"{self.name} {name} {number} {way}"


def _rotated(ways: tuple[str, ...], by: int) -> tuple[str, ...]:
    at = by % len(ways) if ways else 0
    return ways[at:] + ways[:at]
