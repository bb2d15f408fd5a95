"""Every pair at every precision of a plan, one after the other; loaded if something is to be measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial

from specwhisper.decoding.costs import Costs
from specwhisper.evaluation.common.footprint import Footprint, footprint_of
from specwhisper.evaluation.common.rounds import Rounds, S, T
from specwhisper.evaluation.common.study import Study
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

    study: Study
    pair: Pair
    precision: str
    ready: Callable[[], Transcriber]
    on_progress: OnProgress

    @property
    def name(self) -> str:
        """How its records are called in the ledger."""
        return f"{self.pair.name} {self.precision}"

    def rounds(
        self, subjects: Sequence[tuple[str, S]], ways: Sequence[str], kind: type[T], rounds: int | None = None
    ) -> Rounds[S, T]:
        """Something to measure, as often as the plan says unless told otherwise."""
        times = rounds or self.study.plan.rounds
        return Rounds(self.study.ledger, self.name, subjects, ways, times, kind)

    def footprint(self) -> Footprint:
        """What the pair takes."""
        return self.study.ledger.once(f"{self.name} footprint", Footprint, lambda: footprint_of(self.ready()))

    def prices(self, rows: int = 1) -> Costs:
        """What a step costs when so many rows share it, measured for this study; the pair has a draft."""

        def measure() -> Costs:
            costs = self.ready().costs(rows, anew=True)
            assert costs is not None
            return costs

        return self.study.ledger.once(f"{self.name} passes of {rows}", Costs, measure)


def each_pair(study: Study, load: Load | None = None) -> Iterator[Turn]:
    """The pairs in order.

    Args:
        load: makes a transcriber of a pair, a device and a precision; ``specwhisper.load`` when left out.

    Raises:
        SpecWhisperError: (by ``ready``) a pair cannot be loaded.
    """
    from specwhisper.network.cpu.thread_pool import library_threads
    from specwhisper.transcription import loading

    plan = study.plan
    work = [(pair, precision) for pair in plan.pairs for precision in plan.precisions]
    with library_threads(plan.threads):
        for done, (pair, precision) in enumerate(work):
            part = part_of(
                study.on_progress, done / len(work), (done + 1) / len(work), f"{pair.name}, {precision}"
            )
            at = part_of(part, 0.0, _LOADING)
            ready = partial(load or loading.load, pair.name, plan.device, precision, on_progress=at)
            yield Turn(study, pair, precision, cache(ready), part)
