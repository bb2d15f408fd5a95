"""What the models are asked about the sound of a live session, as journeys for the scheduler."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from specwhisper.decoding.drafters.agreement import Agreement
from specwhisper.decoding.lookahead import Lookahead
from specwhisper.results import Cycle, Decoded, Seconds
from specwhisper.transcription.alignment import Aligned
from specwhisper.transcription.draft_text import known_text
from specwhisper.transcription.fallback import compression_ratio
from specwhisper.transcription.tasks import (
    Align,
    Detected,
    DetectLanguage,
    Encode,
    EncodedWindow,
    Likeliest,
    Spoken,
    Steps,
    WindowPrompt,
    WindowTask,
    WindowText,
    Written,
)
from specwhisper.vocabulary.text import TextCodec

_FEWEST, _FASTEST = 24, 16.0  # tokens for any sound, and per second of it: nobody says more
_REPETITIVE = 2.4  # times that zlib shrinks a text which repeats itself
_NOISE = 0.4  # temperature of a second try


@dataclass(frozen=True, slots=True)
class Window:
    """The sound that is being written down, and what is known of it.

    Attributes:
        samples: of at most 30 s.
        before: what was written before it, in the ids of the model that is asked.
        written: what is settled of its own text, in the same ids.
    """

    samples: np.ndarray
    before: tuple[int, ...]
    written: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What main takes the sound for.

    Attributes:
        tokens: after those that were settled.
        looped: whether they repeat themselves, so that nothing of them is to be believed.
        window: the sound, encoded.
        cycles: that wrote it.
        seconds: what it cost besides those.
    """

    tokens: tuple[int, ...]
    looped: bool
    window: EncodedWindow
    spoken: Spoken
    cycles: tuple[Cycle, ...]
    seconds: Seconds


@dataclass(frozen=True, slots=True)
class Drafts:
    """Who proposes: a text, then the draft.

    Attributes:
        tokens: of the text, in main's ids.
        agreement: how far it is to be trusted; None where no text proposes.
        lookahead: of the draft; None without one.
    """

    tokens: tuple[int, ...] = ()
    agreement: Agreement | None = None
    lookahead: Lookahead | None = None


def hypothesis(
    window: Window,
    codec: TextCodec,
    task: str,
    spoken: Spoken | None,
    among: Sequence[str],
    drafts: Drafts,
    *,
    trimmed: bool,
    again: bool,
) -> Steps[Hypothesis]:
    """Main's text of a window, after what is settled of it.

    Args:
        spoken: the language; None finds it out.
        among: codes to choose from then; all when empty.
        trimmed: see :class:`specwhisper.transcription.tasks.Encode`.
        again: whether a text that repeats itself is asked for once more, with some noise.
    """
    by_text = drafts.agreement is not None
    drafted = drafts.lookahead is not None
    encoded: EncodedWindow = yield Encode(
        window.samples, drafted and not by_text, True, drafted and by_text, trimmed
    )
    spent = encoded.seconds
    if spoken is None:
        detected: Detected = yield DetectLanguage(encoded, among, tuple, True)
        spoken = detected.spoken
    known = WindowText(known_text(drafts.tokens, codec), drafts.agreement) if drafts.agreement else None
    prompt = WindowPrompt(spoken.code, task, before=window.before, written=window.written)
    first = WindowTask(
        encoded,
        prompt,
        Likeliest(),
        drafts.lookahead,
        text=known,
        most=_most(encoded.sound),
        stop_loops=True,
    )
    written: Written = yield first
    cycles = written.decoded.cycles
    if again and _loops(written.decoded, codec):
        written = yield replace(first, choice=Likeliest(_NOISE, 1), lookahead=None, text=None)
        cycles += written.decoded.cycles
    looped = _loops(written.decoded, codec)
    return Hypothesis(written.decoded.tokens, looped, encoded, spoken, cycles, spent)


def guess(window: Window, task: str, language: str) -> Steps[tuple[int, ...]]:
    """A draft's own text of a window; for this it encodes no more than there is."""
    encoded: EncodedWindow = yield Encode(window.samples, False, True, trimmed=True)
    prompt = WindowPrompt(language, task, before=window.before, written=window.written)
    written: Written = yield WindowTask(encoded, prompt, Likeliest(), None, most=_most(encoded.sound))
    return written.decoded.tokens


def times(window: EncodedWindow, language: str, task: str, tokens: Sequence[int]) -> Steps[Aligned]:
    """When each token was said."""
    aligned: Aligned = yield Align(window, language, task, tokens)
    return aligned


def _loops(decoded: Decoded, codec: TextCodec) -> bool:
    return decoded.looped or compression_ratio(codec.decode(decoded.tokens)) > _REPETITIVE


def _most(sound: float) -> int:
    return _FEWEST + round(_FASTEST * sound)
