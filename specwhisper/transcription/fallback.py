"""One window, tried again while its text looks wrong (Radford et al. 2022, section 4.5).

Two things differ from the paper, whose last try counts whatever it is. Whether nobody speaks is judged by the
first try alone: a hotter one is less likely for its noise, not for want of speech. And where no try is good,
the likeliest counts: what somebody really says again and again looks wrong at every temperature.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from specwhisper.results import Decoded
from specwhisper.transcription.options import Options
from specwhisper.transcription.tasks import Likeliest, Steps, WindowTask, Written
from specwhisper.vocabulary.text import TextCodec

_WINDOWS = 1_000_003  # a prime beyond any window's number, so that no two tries share a seed


@dataclass(frozen=True, slots=True)
class Attempt:
    """A window's text and how good it looks.

    Attributes:
        compression_ratio: bytes of the text / bytes of it compressed; a text that repeats itself has much.
        avg_logprob: mean over its tokens, end-of-text included.
        no_speech_prob: that nobody speaks.
        other: seconds spent beyond those of its cycles.
    """

    decoded: Decoded
    temperature: float
    compression_ratio: float
    avg_logprob: float
    no_speech_prob: float
    other: float = 0.0

    def silent(self, options: Options) -> bool:
        """Whether there was nothing to write down."""
        unsure = self.avg_logprob < options.logprob_threshold
        return unsure and self.no_speech_prob > options.no_speech_threshold

    def good(self, options: Options) -> bool:
        """Whether no further try is needed."""
        sure = self.avg_logprob >= options.logprob_threshold
        return sure and self.compression_ratio <= options.compression_ratio_threshold


def attempts(task: WindowTask, options: Options, codec: TextCodec, seed: int) -> Steps[tuple[Attempt, ...]]:
    """Every try at a window; the last of them is the one that counts.

    A further try is chosen after noise that depends on the seed, the window and the temperature alone, so it
    is the same with and without a draft.

    Args:
        task: the first try.
        seed: of the noise.
    """
    made: list[Attempt] = []
    for number, temperature in enumerate(options.temperatures):
        if number:
            noise = Likeliest(temperature, (seed * _WINDOWS + task.number) * 8 + number)
            task = replace(task, choice=noise)
        written: Written = yield task
        attempt = Attempt(
            written.decoded,
            temperature,
            compression_ratio(codec.decode(written.decoded.tokens).strip()),
            avg_logprob(written.decoded),
            written.no_speech_prob,
            written.other,
        )
        made.append(attempt)
        if attempt.good(options) or made[0].silent(options):
            break
    return ranked(made, options)


def ranked(made: Sequence[Attempt], options: Options) -> tuple[Attempt, ...]:
    """The tries as they were made, but the one that counts put last: the good one, else the likeliest."""
    best = max(made, key=lambda attempt: (attempt.good(options), attempt.avg_logprob))
    return (*(attempt for attempt in made if attempt is not best), best)


def compression_ratio(text: str) -> float:
    """How many times shorter zlib makes it; 0 for an empty text."""
    raw = text.encode()
    return len(raw) / len(zlib.compress(raw)) if raw else 0.0


def avg_logprob(decoded: Decoded) -> float:
    """Per token, one more than there are, as openai-whisper reckons; 0 where nobody asked for it."""
    total = sum(value for cycle in decoded.cycles for value in cycle.log_probabilities)
    return total / (len(decoded.tokens) + 1)
