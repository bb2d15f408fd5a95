"""One window, tried again while its text looks wrong (Radford et al. 2022, section 4.5)."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from specwhisper.decoding.speculative import OnCycle
from specwhisper.results import Decoded
from specwhisper.transcription.hearing import Heard
from specwhisper.transcription.meter import Mode
from specwhisper.transcription.opening import Opening
from specwhisper.transcription.recording import Recording
from specwhisper.transcription.strategies import Redraw, Writer
from specwhisper.vocabulary.text import TextCodec

_WINDOWS = 1_000_003  # a prime beyond any window's number, so that no two tries share a seed


@dataclass(frozen=True, slots=True)
class Attempt:
    """A window's text and how good it looks.

    Attributes:
        compression_ratio: bytes of the text / bytes of it compressed; a text that repeats itself has much.
        log_probability: mean over its tokens, end-of-text included.
        no_speech: probability that nobody speaks.
    """

    decoded: Decoded
    temperature: float
    compression_ratio: float
    log_probability: float
    no_speech: float

    def silent(self, recording: Recording) -> bool:
        """Whether there was nothing to write down."""
        return self.no_speech > recording.no_speech and self.log_probability < recording.log_probability

    def good(self, recording: Recording) -> bool:
        """Whether no further try is needed."""
        poor = (
            self.compression_ratio > recording.compression_ratio
            or self.log_probability < recording.log_probability
        )
        return not poor or self.silent(recording)


def attempts(
    writer: Writer,
    heard: Heard,
    mode: Mode,
    opening: Opening,
    recording: Recording,
    codec: TextCodec,
    *,
    window: int,
    first: float,
    on_cycle: OnCycle | None,
) -> Iterator[Attempt]:
    """Every try at a window, the last of which counts.

    A further try is drawn with noise that depends on the writer's seed, the window and the temperature alone,
    so it is the same with and without a draft.

    Args:
        first: temperature of the first try, the writer's own.
    """
    read, no_speech = writer.open(heard, opening)
    for number, temperature in enumerate(recording.temperatures(first)):
        redraw = None
        if number:
            redraw = Redraw(temperature, (writer.noise_seed * _WINDOWS + window) * 8 + number)
        decoded = writer.write(heard, mode, opening, window, read=read, redraw=redraw, on_cycle=on_cycle)
        made = Attempt(
            decoded,
            temperature,
            compression_ratio(codec.decode(decoded.tokens).strip()),
            mean_log_probability(decoded),
            no_speech,
        )
        yield made
        if made.good(recording):
            return


def compression_ratio(text: str) -> float:
    """How many times shorter zlib makes it; 0 for an empty text."""
    raw = text.encode()
    return len(raw) / len(zlib.compress(raw)) if raw else 0.0


def mean_log_probability(decoded: Decoded) -> float:
    """Per token, one more than there are, as openai-whisper reckons; 0 where nobody asked for it."""
    total = sum(value for cycle in decoded.cycles for value in cycle.log_probabilities)
    return total / (len(decoded.tokens) + 1)
