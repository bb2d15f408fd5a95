"""What a draft step and a verify pass cost on this machine, measured by the first loads of a pair."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

WIDTHS = (1, 2, 3, 4, 6, 8, 12, 17)
"""Widths of a verify pass that are timed; those between them are interpolated."""

WIDTHS_OF_A_BATCH = (1, 2, 4, 8)

LENGTHS = (2.0, 15.0, 30.0)
"""Seconds of sound after which the draft's encoding is timed; what lies between them is interpolated."""

_ROUNDS = 8
_ROUNDS_OF_A_BATCH = 2
_ENOUGH = 1.5  # seconds: only the first loads measure, and of three rounds none may have been quiet
_STEPS = 3  # of the draft in a usual cycle, at most
_MORE = 1.04  # what drafting costs, over the measured: where it pays by a hair only, it had better be silent


@dataclass(frozen=True)
class Costs:
    """Seconds per clip of one step.

    Attributes:
        draft: one token of the draft.
        verify: main's pass over 1, 2, ... tokens; never falling.
        encode: the draft's encoder, keys and values of a window, once for each of LENGTHS; empty: nothing.
    """

    draft: float
    verify: tuple[float, ...]
    encode: tuple[float, ...] = ()

    def pass_of(self, width: int) -> float:
        """Main's pass over ``width`` tokens; beyond the last one known, as dear as that."""
        return self.verify[min(width, len(self.verify)) - 1]

    def encoding(self, sound: float) -> float:
        """The draft's encoding of a window with so many seconds of sound."""
        return _between(LENGTHS, self.encode, max(sound, LENGTHS[0])) if self.encode else 0.0


def measure(draft_step: Callable[[], object], verify: Callable[[int], object], rows: int = 1) -> Costs:
    """Time both models.

    Args:
        draft_step: reads one token per row and decides.
        verify: reads so many tokens per row and decides.
        rows: clips that share a pass; each bears its part of the price. The widest passes of a batch are
            reckoned instead of timed: they would take seconds.
    """
    widths, rounds = (WIDTHS, _ROUNDS) if rows == 1 else (WIDTHS_OF_A_BATCH, _ROUNDS_OF_A_BATCH)
    # As they come in a decode: draft steps and a pass of main's by turns, for each drives the other's weights
    # from the processor's caches; and a pass over one token after another such pass, as main alone has it.
    # Round by round: a moment in which the machine is busy meets every width once, and none always.
    drafts: list[float] = []
    times: list[list[float]] = []
    for _ in _rounds(rounds):
        times.append([])
        for width in widths:
            steps = min(width - 1, _STEPS)
            if steps:
                drafts.append(_timed(lambda: [draft_step() for _ in range(steps)]) / steps)  # noqa: B023
            else:
                verify(width)
            times[-1].append(_timed(partial(verify, width)))
    # The least of each: whatever else the machine does can only add. (With the usual time of some and the
    # least of others, a neighbour on the core made passes of two look twice as dear as passes of one.)
    alone, *wider = (min(of_width) / rows for of_width in zip(*times, strict=True))
    return costs_from(_MORE * min(drafts) / rows, [alone, *(_MORE * each for each in wider)], widths)


def least_of(one: Costs, other: Costs) -> Costs:
    """The lesser of each: whatever else the machine did can only have added."""
    return Costs(
        min(one.draft, other.draft),
        tuple(map(min, one.verify, other.verify)),
        tuple(map(min, one.encode, other.encode)),
    )


def measure_encoding(encode: Callable[[float], object]) -> tuple[float, ...]:
    """Time the draft's encoding of so many seconds of sound, for each of LENGTHS."""
    return tuple(min(_timed(partial(encode, length)) for _ in range(2)) for length in LENGTHS)


def costs_from(draft: float, points: Sequence[float], widths: Sequence[int] = WIDTHS) -> Costs:
    """From the prices at some widths: made never falling, filled in between, continued beyond.

    A pass can do the work of any narrower one, so what looks dearer than a wider pass was disturbed.
    """
    rising = [min(points[index:]) for index in range(len(points))]
    return Costs(draft, tuple(_between(widths, rising, width) for width in range(1, WIDTHS[-1] + 1)))


def _between(places: Sequence[float], values: Sequence[float], place: float) -> float:
    """The value at a place, on the lines through those that are known; the last line goes on."""
    right = max(min(bisect_left(places, place), len(places) - 1), 1)
    share = (place - places[right - 1]) / (places[right] - places[right - 1])
    return values[right - 1] + share * (values[right] - values[right - 1])


def _rounds(most: int) -> Iterator[int]:
    """So many rounds, or fewer where they take long."""
    began = time.perf_counter()
    for number in range(most):
        if number >= 2 and time.perf_counter() - began > _ENOUGH:
            return
        yield number


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
