"""Every pair at every precision of a plan, loaded one after the other."""

from __future__ import annotations

from collections.abc import Iterator

from specwhisper.evaluation.findings import Plan
from specwhisper.progress import OnProgress, part_of
from specwhisper.transcription.transcriber import Transcriber


def each_pair(plan: Plan, on_progress: OnProgress) -> Iterator[tuple[Transcriber, OnProgress]]:
    """The pairs, each with a progress report that fills its own stretch of the whole.

    Raises:
        SpecWhisperError: a pair cannot be loaded.
    """
    import torch

    from specwhisper.transcription.loading import load

    torch.set_num_threads(plan.threads)
    work = [(pair, precision) for pair in plan.pairs for precision in plan.precisions]
    for done, (pair, precision) in enumerate(work):
        part = part_of(on_progress, done / len(work), (done + 1) / len(work), pair.name)
        yield load(pair.name, plan.device, precision), part
