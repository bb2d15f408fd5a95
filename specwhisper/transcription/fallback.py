"""One window, tried again while its text looks wrong (Radford et al. 2022, section 4.5).

Four things differ from the paper, whose last try counts whatever it is. Whether nobody speaks is judged by
the first try alone: a hotter one is less likely for its noise, not for want of speech. Where no try is good,
the likeliest counts: what somebody really says again and again looks wrong at every temperature. But what
nobody can say in the time was not said, however likely a model finds its own repetitions. And where a text is
too short for what it stands for, main is asked again without being told what was written before: a main that
has read the same sentences already may pass over them.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from specwhisper.decoding.drafters.agreement import Agreement
from specwhisper.results import Decoded
from specwhisper.transcription.draft_text import again as again_of
from specwhisper.transcription.options import Options
from specwhisper.transcription.segments import spans_of
from specwhisper.transcription.tasks import (
    Likeliest,
    Steps,
    WindowPrompt,
    WindowTask,
    WindowText,
    Written,
)
from specwhisper.vocabulary.text import TextCodec

_USUAL, _SPARSE = 3.0, 1.5  # tokens per second: of speech in most languages; fewer are doubted
_MUCH = 10.0  # seconds of sound in which speech shows
_ANYWAY, _FASTEST = 20, 40.0  # characters in no time, and per second more: twice as many as a fast talker's
_WINDOWS = 1_000_003  # a prime beyond any window's number, so that no two tries share a seed


@dataclass(frozen=True, slots=True)
class Attempt:
    """A window's text and how good it looks.

    Attributes:
        density: text tokens per second of the sound that they stand for.
        compression_ratio: bytes of the text / bytes of it compressed; a text that repeats itself has much.
        avg_logprob: mean over its tokens, end-of-text included.
        no_speech_prob: that nobody speaks.
        other: seconds spent beyond those of its cycles.
        sayable: whether somebody can say so much in the time.
    """

    decoded: Decoded
    temperature: float
    compression_ratio: float
    avg_logprob: float
    no_speech_prob: float
    other: float = 0.0
    density: float = _USUAL
    sayable: bool = True

    def silent(self, options: Options) -> bool:
        """Whether there was nothing to write down."""
        doubtful = self.avg_logprob < options.logprob_threshold or not self.sayable
        return doubtful and self.no_speech_prob > options.no_speech_threshold

    def good(self, options: Options) -> bool:
        """Whether no further try is needed."""
        sure = self.avg_logprob >= options.logprob_threshold
        return sure and self.sayable and self.compression_ratio <= options.compression_ratio_threshold


def attempts(
    task: WindowTask,
    options: Options,
    codec: TextCodec,
    seed: int,
    untold: WindowPrompt,
    retries: Agreement | None = None,
) -> Steps[tuple[Attempt, ...]]:
    """Every try at a window; the last of them is the one that counts.

    A further try is chosen after noise that depends on the seed, the window and the temperature alone, so it
    is the same with and without a draft.

    Args:
        task: the first try.
        seed: of the noise.
        untold: the prompt without what was written before.
        retries: how far further tries may trust the text of the first; None: no text proposes in them.
    """

    def judged(written: Written, temperature: float) -> Attempt:
        tokens = written.decoded.tokens
        text = codec.decode(tokens).strip()
        return Attempt(
            written.decoded,
            temperature,
            compression_ratio(text),
            avg_logprob(written.decoded),
            written.no_speech_prob,
            written.other,
            density(tokens, codec.vocabulary.timestamp_begin, task.window.sound),
            len(text) <= _ANYWAY + _FASTEST * task.window.sound,
        )

    def known() -> WindowText | None:
        """What the first try wrote: the next is likely to begin with the same words."""
        return again_of(made[0].decoded.tokens, codec, retries) if retries else None

    first = task
    made: list[Attempt] = []
    for number, temperature in enumerate(options.temperatures):
        if number:
            noise = Likeliest(temperature, (seed * _WINDOWS + task.number) * 8 + number)
            task = replace(task, choice=noise, text=known())
        attempt = judged((yield task), temperature)
        made.append(attempt)
        if attempt.good(options) or made[0].silent(options):
            break
    *others, best = ranked(made, options)
    if not options.fallback or best.density >= _SPARSE or untold == first.prompt or made[0].silent(options):
        return (*others, best)
    again = judged((yield replace(first, prompt=untold, text=known())), options.temperature)
    denser = again.density > best.density and again.avg_logprob > best.avg_logprob
    return (*others, best, again) if denser and again.good(options) else (*others, again, best)


def ranked(made: Sequence[Attempt], options: Options) -> tuple[Attempt, ...]:
    """The tries as they were made, but the one that counts put last: the good one, else the likeliest
    of those that can have been said."""
    best = max(made, key=lambda each: (each.good(options), each.sayable, each.avg_logprob))
    return (*(attempt for attempt in made if attempt is not best), best)


def density(tokens: Sequence[int], stamp: int, seconds: float) -> float:
    """Text tokens per second of the sound that a window's text stands for; the usual one of little sound.

    Args:
        stamp: id of ``<|0.00|>``.
        seconds: length of the window.
    """
    reached = spans_of(tokens, stamp, seconds)[1]
    return sum(token < stamp for token in tokens) / reached if reached >= _MUCH else _USUAL


def compression_ratio(text: str) -> float:
    """How many times shorter zlib makes it; 0 for an empty text."""
    raw = text.encode()
    return len(raw) / len(zlib.compress(raw)) if raw else 0.0


def avg_logprob(decoded: Decoded) -> float:
    """Per token, one more than there are, as openai-whisper reckons; 0 where nobody asked for it."""
    total = sum(value for cycle in decoded.cycles for value in cycle.log_probabilities)
    return total / (len(decoded.tokens) + 1)
