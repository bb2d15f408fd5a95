"""Every pair at every precision of a plan, one after the other; loaded if something is to be measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial

from specwhisper.evaluation.common.plan import Plan
from specwhisper.progress import OnProgress, part_of
from specwhisper.transcription.transcriber import Transcriber
from specwhisper.weights.pairs import Pair

Load = Callable[..., Transcriber]
"""As ``specwhisper.load``."""

_LOADING = 0.02  # of a pair's stretch of the progress


@dataclass(frozen=True)
class Turn:
    """One pair at one precision.

    Attributes:
        ready: the pair; loaded at the first call, so that what is in the ledger already costs no loading.
        on_progress: fills this turn's stretch of the whole.
    """

    pair: Pair
    precision: str
    ready: Callable[[], Transcriber]
    on_progress: OnProgress

    @property
    def name(self) -> str:
        """How its records are called in the ledger."""
        return f"{self.pair.name} {self.precision}"


def each_pair(plan: Plan, on_progress: OnProgress, load: Load | None = None) -> Iterator[Turn]:
    """The pairs in order.

    Args:
        load: makes a transcriber of a pair, a device and a precision; ``specwhisper.load`` when left out.

    Raises:
        SpecWhisperError: (by ``ready``) a pair cannot be loaded.
    """
    import torch

    from specwhisper.transcription import loading

    torch.set_num_threads(plan.threads)
    work = [(pair, precision) for pair in plan.pairs for precision in plan.precisions]
    for done, (pair, precision) in enumerate(work):
        part = part_of(on_progress, done / len(work), (done + 1) / len(work), f"{pair.name}, {precision}")
        ready = partial(
            load or loading.load, pair.name, plan.device, precision, on_progress=part_of(part, 0.0, _LOADING)
        )
        yield Turn(pair, precision, cache(ready), part)
