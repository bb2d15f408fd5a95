"""Which passes a card runs, found out when a pair is loaded: recorded ones, if they do what eager ones do.

Code that has met no card of this kind may be wrong on it, and a recording repeats a mistake without a word.
So each recorded pass is held against its eager twin at load: other tokens, numbers that are far off, or a
byte of the cache that changed where nothing was written, and the pair runs eagerly and says why.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Protocol

import torch

from specwhisper.decoding.decision import Decided
from specwhisper.decoding.device_slots import WIDTHS, DeviceSlots
from specwhisper.decoding.reader import Asked
from specwhisper.network.caches import Audio
from specwhisper.network.network import Network
from specwhisper.network.recorder import NO_MEMORY, Recorder
from specwhisper.network.small_head import SmallHead
from specwhisper.vocabulary.grammar import KINDS, Grammar, State
from specwhisper.vocabulary.specials import Vocabulary

log = logging.getLogger(__name__)

_FAR = {torch.float16: 0.1, torch.float32: 1e-2}
"""Two runs of the same kernels differ by less; a pass over wrong memory differs by whole numbers."""

_STARTS = 4, 120, 400
_ROWS = 2, 4, 8


@dataclass(frozen=True, slots=True)
class Passes:
    """What was found out about a pair on a card.

    Attributes:
        card: its name.
        recorded: whether passes are recorded, and were found to be right.
        exact_rows: whether a row is the same to the last bit whatever else is in its pass.
        why_not: why passes are not recorded; empty where they are.
    """

    card: str
    recorded: bool
    exact_rows: bool
    why_not: str = ""

    @property
    def variants(self) -> dict[str, str | int]:
        """For a transcript's statistics."""
        return {
            "card": self.card,
            "passes": "recorded, checked" if self.recorded else f"eager: {self.why_not}",
            "rows": "exact" if self.exact_rows else "near ties decided again",
        }


class Passable(Protocol):
    """What a model has to have."""

    @property
    def name(self) -> str: ...

    @property
    def network(self) -> Network: ...

    @property
    def vocabulary(self) -> Vocabulary: ...

    @property
    def context(self) -> int: ...

    def head_of(self, language: str) -> SmallHead | None: ...

    def grammar(self, head: SmallHead | None = None) -> Grammar: ...


class CheckError(Exception):
    """A recorded pass does not do what its eager twin does."""


def find_passes(models: Sequence[Passable], recorder: Recorder) -> Passes:
    """Check the recorded passes of each model; where one fails, ``recorder`` records no more.

    Args:
        models: main first.
    """
    try:
        for model in models if not recorder.why_not else ():
            check_recorded(model, recorder)
    except Exception as error:  # noqa: BLE001 - whatever it is, eager passes are still there
        recorder.why_not = _sentence(error)
        log.warning("Passes are not recorded: %s", recorder.why_not)
    main = models[0]
    try:
        exact = has_exact_rows(main)
    except torch.cuda.OutOfMemoryError:  # of eight rows; then nothing is known about them
        exact = False
        torch.cuda.empty_cache()
    name = torch.cuda.get_device_name(main.network.device)
    return Passes(name, not recorder.why_not, exact, recorder.why_not)


def check_recorded(model: Passable, recorder: Recorder) -> None:
    """Hold every recorded pass of one row against its eager twin, at three places of two clips.

    Raises:
        CheckError: they differ, or something was written where nothing belongs.
        Exception: what recording failed of.
    """
    eager = DeviceSlots(model.network, model.grammar, Recorder(model.network.device, "the reference"))
    recorded = DeviceSlots(model.network, model.grammar, recorder)
    head = model.head_of("en")  # the likeliest
    for clip in range(2):
        window = _window(model, clip)
        for slots in (eager, recorded):
            slots.admit(0, window)
        for start in _starts(model):
            text = _text(model, clip, start + WIDTHS[-1])
            for slots in (eager, recorded):
                slots.alone(0).fill(text[:start], 0)
            for width in WIDTHS:
                asked = Asked(text[start : start + width], start, _states(model, width))
                before = recorded.cache.buffer.clone()
                (expected,), (found,) = (slots.decide([asked], 0, head) for slots in (eager, recorded))
                _same(expected, found, _FAR[model.network.dtype], f"{model.name}, {width} tokens")
                end = start + width
                for part in (slice(start), slice(end, model.context - 1)):
                    if not torch.equal(recorded.cache.buffer[..., part, :], before[..., part, :]):
                        raise CheckError(f"a recorded pass of {model.name} wrote where nothing belongs")


def has_exact_rows(model: Passable) -> bool:
    """Whether a row's numbers are the same, bit for bit, in passes of all widths and in batches."""
    slots = DeviceSlots(model.network, model.grammar, Recorder(model.network.device, "compared"))
    slots.admit(0, _window(model, 0))
    start, most = 40, WIDTHS[-1]
    text = _text(model, 0, start + most)
    slots.alone(0).fill(text[:start], 0)
    states = _states(model, most)
    alone = [
        slots.decide([Asked(text[start + at : start + at + 1], start + at, states[at : at + 1])])[0]
        for at in range(most)
    ]
    for width in WIDTHS[1:]:
        (wide,) = slots.decide([Asked(text[start : start + width], start, states[:width])])
        if not all(_bits(wide, at) == _bits(alone[at], 0) for at in range(width)):
            return False
    slots.grow(max(_ROWS))
    for row in range(1, max(_ROWS)):
        slots.admit(row, _window(model, row % 2))
        slots.alone(row).fill(text[:start], 0)
    for rows in _ROWS:
        many = slots.decide([Asked(text[start : start + 1], start, states[:1])] * rows)
        if _bits(many[0], 0) != _bits(alone[0], 0):
            return False
    return True


def _bits(decided: Decided, at: int) -> tuple[int, float, float]:
    return decided.tokens[at], decided.gaps[at], decided.log_probabilities[at]


def _same(expected: Decided, found: Decided, far: float, where: str) -> None:
    numbers = (*found.gaps, *found.log_probabilities)
    if not all(isfinite(number) for number in numbers):
        raise CheckError(f"a recorded pass gave no numbers ({where})")
    for at, gap in enumerate(expected.gaps):
        if expected.tokens[at] != found.tokens[at] and gap > far:
            raise CheckError(f"a recorded pass chose another token ({where})")
    off = max(abs(a - b) for a, b in zip(expected.log_probabilities, found.log_probabilities, strict=True))
    if off > far:
        raise CheckError(f"a recorded pass was off by {off:.2g} ({where})")


def _sentence(error: Exception) -> str:
    told = str(error).strip().split("\n")[0]
    if isinstance(error, torch.cuda.OutOfMemoryError):
        return NO_MEMORY
    return told if isinstance(error, CheckError) else f"recording failed ({type(error).__name__}: {told})"


def _starts(model: Passable) -> list[int]:
    return [min(start, model.context // 2) if start > model.context - 40 else start for start in _STARTS]


def _window(model: Passable, seed: int) -> Audio:
    """A clip that nobody has said; the second one is shorter."""
    dims = model.network.dims
    positions = dims.audio_context if seed == 0 else dims.audio_context // 3
    noise = torch.randn(1, positions, dims.d_model, generator=torch.Generator().manual_seed(seed))
    return model.network.decoder.keys_values(noise.to(model.network.device, model.network.dtype))


def _text(model: Passable, seed: int, length: int) -> list[int]:
    made = torch.Generator().manual_seed(100 + seed)
    ids = torch.randint(model.vocabulary.end_of_text, (length,), generator=made).tolist()
    return [int(token) for token in ids]


def _states(model: Passable, count: int) -> list[State]:
    """One after the other, every kind of row there is."""
    earliest = model.vocabulary.timestamp_begin + 10
    return [State(at % KINDS, earliest) for at in range(count)]
