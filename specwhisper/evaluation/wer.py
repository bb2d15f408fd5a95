"""Word error rate over a set of clips."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from specwhisper.evaluation.normalise import normalise


@dataclass(frozen=True, slots=True)
class Said:
    """What was said in a clip, and what an engine wrote."""

    reference: str
    written: str
    language: str


def word_error_rate(pairs: Sequence[Said]) -> float | None:
    """Errors / words of the references, over all clips together; None when the references hold no word."""
    import jiwer

    texts = [(normalise(one.reference, one.language), normalise(one.written, one.language)) for one in pairs]
    texts = [(reference, written) for reference, written in texts if reference]  # no words, no rate
    if not texts:
        return None
    references, written = zip(*texts, strict=True)
    return float(jiwer.wer(list(references), list(written)))
