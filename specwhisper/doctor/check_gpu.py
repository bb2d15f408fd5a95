"""Whether a pair runs on the card as it should: what ``specwhisper check-gpu`` says, in words.

The long answer, with rates and times, is :mod:`specwhisper.evaluation.gpu_report`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from specwhisper.audio.decode import load_audio
from specwhisper.audio.waveform import SAMPLE_RATE, Waveform
from specwhisper.doctor.card import find_card
from specwhisper.doctor.findings import Card
from specwhisper.progress import OnProgress, part_of
from specwhisper.results import Comparison
from specwhisper.transcription.loading import load
from specwhisper.transcription.transcriber import Transcriber
from specwhisper.weights.pairs import parse_pair

_NOISE = 10.0  # seconds


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of it.

    Attributes:
        pair: what was loaded; None where PyTorch uses no card.
        passes: how it runs: recorded and checked, or eagerly, and why.
        comparison: main alone and with its draft, on the card.
        named: whether that was somebody's recording, and no noise.
    """

    card: Card
    pair: str | None = None
    passes: str = ""
    rows: str = ""
    comparison: Comparison | None = None
    named: bool = False

    @property
    def good(self) -> bool:
        """Whether everything runs on the card as it was meant to."""
        recorded = self.passes.startswith("recorded")
        return self.card.used and recorded and self.comparison is not None and self.comparison.identical

    def lines(self) -> Iterator[str]:
        """One sentence per fact; what is not as it should be begins with "!"."""
        yield f"{'' if self.card.used else '! '}{self.card.name or 'No card'}: {self.card.reason}"
        if self.comparison is None:
            yield "! Everything runs on the CPU."
            return
        yield f"{'' if self.passes.startswith('recorded') else '! '}{self.pair}: passes {self.passes}."
        yield f"The same row in passes of other widths, and in batches: {self.rows}."
        what = "the recording" if self.named else "noise"
        if self.comparison.identical:
            yield f"On {what}, main with its draft wrote the same tokens as main alone."
        else:
            yield f"! On {what}, main with its draft wrote other tokens than main alone: please report it."
        if self.named:
            yield f"It was {self.comparison.speedup.decode:.2f} times as fast (decoding alone)."


def check_gpu(pair: str | None, recording: str | None, on_progress: OnProgress) -> Checked:
    """Load a pair onto the card, check its passes, and decode with and without its draft.

    Args:
        pair: None takes the default of a card.
        recording: None takes noise.

    Raises:
        SpecWhisperError: the pair cannot be loaded, or has no draft; the recording cannot be heard.
    """
    if pair is not None:
        parse_pair(pair)  # refused now, whatever there is to run it on
    heard = None if recording is None else load_audio(recording)
    card = find_card()
    if not card.used:
        return Checked(card)
    transcriber = load(pair, device="cuda", on_progress=part_of(on_progress, 0.0, 0.7))
    return checked(card, transcriber, heard, part_of(on_progress, 0.7, 1.0))


def checked(
    card: Card, transcriber: Transcriber, recording: Waveform | None, on_progress: OnProgress
) -> Checked:
    """The same of a pair that is loaded."""
    sound = recording or _noise()
    comparison = transcriber.compare(sound, on_progress=on_progress, language=None if recording else "en")
    told = transcriber.variants
    return Checked(
        card, transcriber.pair, str(told["passes"]), str(told["rows"]), comparison, recording is not None
    )


def _noise() -> Waveform:
    made = np.random.default_rng(0).normal(scale=0.1, size=round(_NOISE * SAMPLE_RATE))
    return Waveform(made.astype(np.float32))
