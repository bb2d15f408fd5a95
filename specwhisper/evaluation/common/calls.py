"""What was measured: one record for every mode, plain data that goes into the ledger and comes out of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from statistics import median
from typing import Any

from specwhisper.evaluation.common.dataset import Clip, LoadedClip
from specwhisper.evaluation.common.kinds import Share, by_kind, by_place
from specwhisper.evaluation.common.rounds import Found
from specwhisper.results import Cycle, Seconds, Transcript
from specwhisper.vocabulary.text import TextCodec

GREEDY, SPECULATIVE = "greedy", "speculative"
"""Main alone, and with its draft: the ways that most modes lay side by side."""

TIMES = ("features", "encode", "decode", "total")
COUNTS = ("decided", "cycles", "drafted", "accepted", "near_ties", "held_back", "windows")


@dataclass(frozen=True, slots=True)
class Call:
    """One way on one clip (or window, or length), once. What a mode or an engine does not tell stays 0.

    Attributes:
        tokens: text ids, no prompt and no special ones.
        decided: how many tokens the decode decided: those and one end-of-text per window that ended.
        features, encode, decode: seconds of its parts (encode: of both encoders, for a pair).
        total: seconds of the whole, from samples to text.
        cycles, drafted, accepted, near_ties, held_back: see ``results.Stats``.
        places, kinds: proposals by their place and by what they are (see ``evaluation.common.kinds``).
        windows: in which something was written.
        peak: resident bytes at most while it was written.
    """

    text: str
    tokens: tuple[int, ...]
    decided: int
    features: float
    encode: float
    decode: float
    total: float = 0.0
    cycles: int = 0
    drafted: int = 0
    accepted: int = 0
    near_ties: int = 0
    held_back: int = 0
    places: tuple[Share, ...] = ()
    kinds: dict[str, Share] = field(default_factory=dict)
    windows: int = 1
    peak: int | None = None

    @property
    def refused(self) -> int:
        """Cycles that ended in a proposal main did not want."""
        return sum(seen - accepted for seen, accepted in self.places)


@dataclass(frozen=True, slots=True)
class ClipCalls:
    """All rounds of one way on one clip of so many seconds."""

    clip: Clip
    seconds: float
    calls: tuple[Call, ...]

    @property
    def typical(self) -> Call:
        return typical(self.calls)

    @property
    def steady(self) -> bool:
        """Whether every round wrote the same tokens."""
        return all(call.tokens == self.calls[0].tokens for call in self.calls)


def on_clip(found: Found[LoadedClip, Call], way: str) -> ClipCalls:
    """One of the ways."""
    heard = found.subject
    return ClipCalls(heard.clip, heard.waveform.seconds, tuple(found.calls[way]))


def typical(calls: Sequence[Call]) -> Call:
    """The first of several rounds, with the medians of the times."""
    times: Any = {time: median(getattr(call, time) for call in calls) for time in TIMES}
    return replace(calls[0], **times)


def together(calls: Sequence[Call]) -> Call:
    """Several clips or windows as one, without a text: times and counts add up."""
    added: Any = {name: sum(getattr(call, name) for call in calls) for name in (*TIMES, *COUNTS)}
    places = zip_longest(*(call.places for call in calls), fillvalue=(0, 0))
    kinds = dict.fromkeys(kind for call in calls for kind in call.kinds)
    return Call(
        text="",
        tokens=(),
        places=tuple(map(_added, places)),
        kinds={kind: _added(call.kinds.get(kind, (0, 0)) for call in calls) for kind in kinds},
        **added,
    )


def _added(shares: Iterable[Share]) -> Share:
    seen, accepted = map(sum, zip(*shares, strict=True))
    return seen, accepted


def call_of(written: Transcript, codec: TextCodec | None = None) -> Call:
    """A transcript as a record; the codec is main's, for the kinds of its proposals."""
    return counted(written.tokens, written.stats.cycles, written.stats.seconds, written.text, codec)


def counted(
    tokens: tuple[int, ...],
    cycles: Sequence[Cycle],
    seconds: Seconds,
    text: str = "",
    codec: TextCodec | None = None,
) -> Call:
    """What some cycles wrote, in so many seconds."""
    return Call(
        text=text,
        tokens=tokens,
        decided=sum(len(cycle.tokens) for cycle in cycles),
        features=seconds.features,
        encode=seconds.encode_main + seconds.encode_draft,
        decode=seconds.decode,
        total=seconds.total,
        cycles=len(cycles),
        drafted=sum(len(cycle.proposed) for cycle in cycles),
        accepted=sum(cycle.accepted for cycle in cycles),
        near_ties=sum(cycle.near_ties for cycle in cycles),
        held_back=sum(cycle.held_back for cycle in cycles),
        places=by_place(cycles),
        kinds=by_kind(cycles, codec) if codec else {},
        windows=len({cycle.window for cycle in cycles}) or 1,
    )
