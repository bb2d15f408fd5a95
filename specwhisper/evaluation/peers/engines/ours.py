"""Our own engine, greedy and speculative. Each is loaded by itself, so neither warms the other's caches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from specwhisper.audio.waveform import Waveform
from specwhisper.evaluation.common.calls import Call, call_of
from specwhisper.evaluation.peers.engines.base import Job, Workshop

if TYPE_CHECKING:
    from specwhisper.transcription.transcriber import Transcriber


class Ours:
    """A transcriber behind the common face."""

    def __init__(self, transcriber: Transcriber, *, speculative: bool) -> None:
        self._transcriber = transcriber
        self._speculative = speculative

    def transcribe(self, samples: np.ndarray, language: str) -> Call:
        transcript = self._transcriber.transcribe(
            Waveform(samples),
            language=language,
            speculative=self._speculative,
            timestamps="none",
            vad=False,
            max_seconds=None,
        )
        return call_of(transcript)


def greedy(job: Job, workshop: Workshop) -> Ours:
    """Main alone."""
    return _load(job.pair.main, job, speculative=False)


def speculative(job: Job, workshop: Workshop) -> Ours:
    """Main with its draft."""
    return _load(job.pair.name, job, speculative=True)


def _load(pair: str, job: Job, *, speculative: bool) -> Ours:
    import torch

    from specwhisper.transcription.loading import load

    torch.set_num_threads(job.threads)
    return Ours(load(pair, "cpu", job.precision), speculative=speculative)
