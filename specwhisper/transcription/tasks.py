"""What a recording's journey asks of the models, one task after the other, and what it is answered.

A journey (``transcription.journey``) is a generator: it yields a task and is sent the answer. It runs no
model itself, so its tests send scripted answers.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from specwhisper.decoding.drafters.agreement import Agreement
from specwhisper.decoding.drafters.known_text import KnownText
from specwhisper.decoding.lookahead import Lookahead
from specwhisper.network.caches import Audio
from specwhisper.results import Decoded, Seconds
from specwhisper.vocabulary.specials import Vocabulary

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class EncodedWindow:
    """One window after the encoders.

    Attributes:
        main, draft: what each decoder reads of it; no draft, if it did not encode it.
        seconds: what that cost.
        sound: its length (s).
        draft_later: has the draft encode it after all; where that was asked for.
    """

    main: Audio
    draft: Audio | None
    seconds: Seconds
    sound: float
    draft_later: Callable[[], Audio] | None = None


@dataclass(frozen=True, slots=True)
class Encode:
    """Features, encoders, and keys and values of one window. Answer: :class:`EncodedWindow`.

    Attributes:
        samples: float32 [at most 480,000].
        drafted: whether the draft encodes it, too.
        blank: what follows a short window (see :func:`specwhisper.audio.features.log_mel`).
        later: whether the draft may have to encode it after all.
        trimmed: main encodes what there is of a short window, and not the 30 s that it was trained on:
            quicker, and another text.
    """

    samples: np.ndarray
    drafted: bool
    blank: bool
    later: bool = False
    trimmed: bool = False


@dataclass(frozen=True, slots=True)
class Spoken:
    """The language of a recording.

    Attributes:
        code: Whisper's.
        probability: how likely main finds it (0 to 1), among those that were allowed; the mean over the
            places that were listened to. None where nobody had to find out.
    """

    code: str
    probability: float | None


UNHEARD = Spoken("en", None)
"""Of a recording in which nobody speaks."""


@dataclass(frozen=True, slots=True)
class DetectLanguage:
    """Which language is spoken. Answer: :class:`Detected`.

    Attributes:
        window: where to listen first.
        among: codes to choose from; all when empty.
        elsewhere: gives samples of other places, for a main that is unsure.
        blank: as of :class:`Encode`.
    """

    window: EncodedWindow
    among: Sequence[str]
    elsewhere: Callable[[], Sequence[np.ndarray]]
    blank: bool


@dataclass(frozen=True, slots=True)
class Detected:
    """A language, and what it cost to find out (s)."""

    spoken: Spoken
    seconds: float


@dataclass(frozen=True, slots=True)
class WindowPrompt:
    """What main and its draft are told before a window.

    Attributes:
        language: Whisper's code.
        task: ``transcribe`` or ``translate``.
        timestamps: whether the text holds them.
        before: what was written before this window, in main's ids; text only conditions on it.
        written: what the window's text begins with, whatever main thinks of it; without timestamps only.
    """

    language: str
    task: str
    timestamps: bool = False
    before: tuple[int, ...] = ()
    written: tuple[int, ...] = ()

    def ids(self, vocabulary: Vocabulary) -> tuple[int, ...]:
        """The ids in main's vocabulary.

        Raises:
            OptionError: it has no such language or task.
        """
        return self.past(vocabulary) + vocabulary.prompt(self.language, self.task, timestamps=self.timestamps)

    def past(self, vocabulary: Vocabulary) -> tuple[int, ...]:
        """The part of the prompt that stands before ``<|startoftranscript|>``."""
        return (vocabulary.tasks["startofprev"], *self.before) if self.before else ()


@dataclass(frozen=True, slots=True)
class Likeliest:
    """Main's best token; with a ``temperature`` above 0, after noise that depends on the seed alone."""

    temperature: float = 0.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Drawn:
    """Tokens drawn from main's own distribution at a temperature."""

    temperature: float
    seed: int


@dataclass(frozen=True, slots=True)
class Beams:
    """Several texts side by side (decoding.beam)."""

    width: int
    length_penalty: float
    patience: float


@dataclass(frozen=True, slots=True)
class WindowText:
    """A text that main may be about to write in a window.

    Attributes:
        known: the text.
        agreement: how far it is to be trusted.
        start: index of the token in it that main is expected to begin with.
        trail: how many tokens main had written, and where in the text it was then, token by token.
    """

    known: KnownText
    agreement: Agreement
    start: int = 0
    trail: list[tuple[int, int]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class WindowTask:
    """Write one window. Answer: :class:`Written`.

    Attributes:
        window: what is written down.
        prompt: what stands before it.
        choice: how main chooses its tokens.
        lookahead: how far the draft writes ahead; None decodes with main alone.
        number: of the window, recorded in the cycles.
        on_cycle: told what has been written so far, after each cycle.
        text: proposes before the draft does, wherever main's tokens are not drawn or searched.
        most: tokens to write at most; None for as many as Whisper can.
        stop_loops: end the text where it repeats itself; it is not main's whole text then.
    """

    window: EncodedWindow
    prompt: WindowPrompt
    choice: Likeliest | Drawn | Beams
    lookahead: Lookahead | None
    number: int = 0
    on_cycle: Callable[[Sequence[int]], None] | None = None
    text: WindowText | None = None
    most: int | None = None
    stop_loops: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """A window's text.

    Attributes:
        no_speech_prob: that nobody speaks in it; of windows with timestamps only.
        other: seconds spent on it beyond those of its cycles.
    """

    decoded: Decoded
    no_speech_prob: float = 0.0
    other: float = 0.0


@dataclass(frozen=True, slots=True)
class Align:
    """When each of a window's tokens was said. Answer: :class:`specwhisper.transcription.alignment.Aligned`.

    Attributes:
        tokens: text alone.
    """

    window: EncodedWindow
    language: str
    task: str
    tokens: Sequence[int]


@dataclass(frozen=True, slots=True)
class Score:
    """How likely main finds tokens after others. Answer: a probability (0 to 1) for each of ``tokens``.

    Attributes:
        before: text tokens that it is told first.
        tokens: text alone.
    """

    window: EncodedWindow
    language: str
    task: str
    before: Sequence[int]
    tokens: Sequence[int]


@dataclass(frozen=True, slots=True)
class Together:
    """Journeys that do not know of each other. Answer: what each returned, in their order."""

    journeys: Sequence[Generator[Any, Any, Any]] = field(default_factory=tuple)


Task = Encode | DetectLanguage | WindowTask | Align | Score | Together
Steps = Generator[Task, Any, Result]
"""A journey, or a part of one, that ends with a result."""
