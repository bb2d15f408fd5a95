"""One window, tried again while its text looks wrong (Radford et al. 2022, section 4.5).

Two things differ from the paper, whose last try counts whatever it is. Whether nobody speaks is judged by the
first try alone: a hotter one is less likely for its noise, not for want of speech. And where no try is good,
the likeliest counts: what somebody really says again and again looks wrong at every temperature.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
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
        return (
            self.compression_ratio <= recording.compression_ratio
            and self.log_probability >= recording.log_probability
        )


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
) -> tuple[Attempt, ...]:
    """Every try at a window; the last of them is the one that counts.

    A further try is drawn with noise that depends on the writer's seed, the window and the temperature alone,
    so it is the same with and without a draft.

    Args:
        first: temperature of the first try, the writer's own.
    """
    read, no_speech = writer.open(heard, opening)
    made: list[Attempt] = []
    for number, temperature in enumerate(recording.temperatures(first)):
        redraw = None
        if number:
            redraw = Redraw(temperature, (writer.noise_seed * _WINDOWS + window) * 8 + number)
        decoded = writer.write(heard, mode, opening, window, read=read, redraw=redraw, on_cycle=on_cycle)
        attempt = Attempt(
            decoded,
            temperature,
            compression_ratio(codec.decode(decoded.tokens).strip()),
            mean_log_probability(decoded),
            no_speech,
        )
        made.append(attempt)
        if attempt.good(recording) or made[0].silent(recording):
            break
    return ranked(made, recording)


def ranked(made: Sequence[Attempt], recording: Recording) -> tuple[Attempt, ...]:
    """The tries as they were made, but the one that counts put last: the good one, else the likeliest."""
    best = max(made, key=lambda attempt: (attempt.good(recording), attempt.log_probability))
    return (*(attempt for attempt in made if attempt is not best), best)


def compression_ratio(text: str) -> float:
    """How many times shorter zlib makes it; 0 for an empty text."""
    raw = text.encode()
    return len(raw) / len(zlib.compress(raw)) if raw else 0.0


def mean_log_probability(decoded: Decoded) -> float:
    """Per token, one more than there are, as openai-whisper reckons; 0 where nobody asked for it."""
    total = sum(value for cycle in decoded.cycles for value in cycle.log_probabilities)
    return total / (len(decoded.tokens) + 1)
