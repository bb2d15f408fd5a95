"""Everything that a transcription can be asked for: one object, checked once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from difflib import get_close_matches
from types import NoneType
from typing import Any, Literal

from specwhisper.decoding.beam import MAX_BEAMS
from specwhisper.decoding.lookahead import lookahead_from
from specwhisper.errors import OptionError
from specwhisper.names import shown

Detail = Literal["none", "segment", "word"]
DETAILS: tuple[Detail, ...] = ("none", "segment", "word")
Cut = Literal["timestamps", "pauses"]
CUTS: tuple[Cut, ...] = ("timestamps", "pauses")
AudioContext = Literal["full", "trimmed"]
CONTEXTS: tuple[AudioContext, ...] = ("full", "trimmed")

MAX_TEMPERATURE = 2.0
MAX_LENGTH_PENALTY = 10.0
MAX_PATIENCE = 10.0
MAX_BATCH = 64
MAX_SEED = 2**63 - 1  # what a torch.Generator takes

WARMER = 0.2
"""How much the temperature rises with each new try at a window."""

HOTTEST = 1.0
"""The temperature of the last try."""


Kinds = tuple[tuple[type, ...], str]
_TEXT: Kinds = ((str, NoneType), "text or None")
_NUMBER: Kinds = ((int, float), "a number")
_ANY = (object,)  # but True and False; checked further below
SWITCH: Kinds = ((bool,), "True or False")
_KINDS: dict[str, Kinds] = {
    "language": _TEXT,
    "languages": ((Iterable, NoneType), "a list of languages"),
    "initial_prompt": _TEXT,
    "hotwords": _TEXT,
    "temperature": _NUMBER,
    "length_penalty": _NUMBER,
    "patience": _NUMBER,
    "compression_ratio_threshold": _NUMBER,
    "logprob_threshold": _NUMBER,
    "no_speech_threshold": _NUMBER,
    "seed": (_ANY, "a whole number or None"),
    "beams": (_ANY, "a whole number"),
    "lookahead": (_ANY, "'auto' or a whole number"),
    "language_per_window": SWITCH,
    "speculative": SWITCH,
    "vad": SWITCH,
    "condition_on_previous_text": SWITCH,
    "fallback": SWITCH,
    "stop_loops": SWITCH,
}
"""What the options without a choice of their own may be."""


@dataclass(frozen=True, slots=True)
class Options:
    """The options of ``Transcriber.transcribe``.

    Attributes:
        language: code or English name; None detects it from the first 30 s of speech, and from other places
            where that leaves doubt.
        languages: which ones it may be, where none is given: ``["en", "nl"]`` or ``"en,nl"``.
        language_per_window: find out anew which language each window is in, where none is given; the
            transcript's ``language`` is the first one's.
        task: ``transcribe``, or ``translate`` (into English).
        audio_context: ``full`` encodes 30 s whatever a window's length, as Whisper was trained; ``trimmed``
            no more than there is and a second: quicker, and another text.
        speculative: False decodes with main alone; without a draft it always does.
        lookahead: ``auto``, or a fixed number of proposals per cycle (1 to 16).
        temperature: 0 writes what main finds likeliest; up to 2 draws from main's own distribution at that
            temperature, with the draft's help where it shares main's tokens, else without.
        seed: repeats the draws of an earlier call (its ``stats.seed``); None draws anew.
        beams: more than 1 searches with main alone (up to 8); not together with a temperature.
        length_penalty: of beams: a text's score is its log-probability / length ** length_penalty, as in
            ``transformers``.
        patience: of beams: round(beams x patience) finished texts are awaited, as in openai-whisper; above 1
            searches longer and never finds a text of lower score.
        timestamps: ``segment`` or ``word`` times; ``none`` writes windows of 30 s without any.
        windows: where a window ends: ``timestamps`` lets the model say so, and each goes on from the one
            before; ``pauses`` cuts at pauses, so that the windows of one recording can be decoded together,
            none knowing of another.
        vad: leave out what holds no speech, so that silence and music give no text.
        condition_on_previous_text: each window goes on from the text of those before it.
        initial_prompt: stands before the recording as if it had been said: names, spelling, style.
        hotwords: words to expect, told to every window.
        stop_loops: end a window's text where it repeats itself, instead of waiting until it is full: quicker,
            and not main's text there; a warning says where. The other tries follow as usual. Not with beams.
        fallback: try a window again, with some noise, where its text repeats itself or is unsure.
        compression_ratio_threshold: zlib finds a text repetitive when it shrinks by more than this factor.
        logprob_threshold: main is unsure of a text when its tokens' mean log-probability is below this.
        no_speech_threshold: nobody speaks where ``<|nospeech|>`` is likelier than this and the text is
            unsure.

    Raises:
        OptionError: on construction, when a value does not exist or two do not go together.
    """

    language: str | None = None
    languages: str | Sequence[str] = ()
    language_per_window: bool = False
    task: str = "transcribe"
    audio_context: AudioContext = "full"
    speculative: bool = True
    lookahead: int | Literal["auto"] = "auto"
    temperature: float = 0.0
    seed: int | None = None
    beams: int = 1
    length_penalty: float = 1.0
    patience: float = 1.0
    timestamps: Detail = "segment"
    windows: Cut = "timestamps"
    vad: bool = True
    condition_on_previous_text: bool = True
    initial_prompt: str | None = None
    hotwords: str | None = None
    stop_loops: bool = False
    fallback: bool = True
    compression_ratio_threshold: float = 2.4
    logprob_threshold: float = -1.0
    no_speech_threshold: float = 0.6

    @classmethod
    def of(cls, given: Mapping[str, Any], beside: Iterable[str] = ()) -> Options:
        """From keyword arguments.

        Args:
            beside: names that whoever misspelled one of them may have meant as well.

        Raises:
            OptionError: there is no option of that name, or its value does not exist.
        """
        names = [field.name for field in fields(cls)]
        for name in given:
            if name not in names:
                raise no_option(name, [*names, *beside])
        return cls(**given)

    def __post_init__(self) -> None:
        for name, kinds in _KINDS.items():
            value = getattr(self, name)
            check_kind(name, value, kinds)
            if isinstance(value, str) and not _encodes(value):
                raise OptionError(f"The option {name!r} holds bytes that are no UTF-8: {shown(value)}.")
        if not all(isinstance(each, str) for each in self.languages or ()):
            raise OptionError(f"The option 'languages' is a list of languages, not {self.languages!r}.")
        lookahead_from(self.lookahead)
        self._check_choice()
        if self.timestamps not in DETAILS:
            raise OptionError(
                f"Timestamps {self.timestamps!r} do not exist: choose 'none', 'segment' or 'word'."
            )
        if self.audio_context not in CONTEXTS:
            raise OptionError(
                f"Audio context {shown(repr(self.audio_context))} does not exist: choose 'full' or 'trimmed'."
            )
        if self.windows not in CUTS:
            raise OptionError(f"Windows by {self.windows!r} do not exist: choose 'timestamps' or 'pauses'.")
        if self.timestamps == "none" and (self.initial_prompt or self.hotwords):
            raise OptionError("A prompt and hotwords need timestamps: ask for 'segment' or 'word'.")

    def _check_choice(self) -> None:
        """How tokens are chosen: the likeliest, drawn, or searched."""
        if not 0.0 <= self.temperature <= MAX_TEMPERATURE:
            raise OptionError(
                f"Temperature {self.temperature} is not possible: "
                f"choose a number from 0 to {MAX_TEMPERATURE:g}."
            )
        if self.seed is not None and not (isinstance(self.seed, int) and 0 <= self.seed <= MAX_SEED):
            raise OptionError(
                f"Seed {self.seed} is not possible: choose a whole number from 0 to {MAX_SEED}, or none."
            )
        if not (isinstance(self.beams, int) and 1 <= self.beams <= MAX_BEAMS):
            raise OptionError(
                f"{self.beams} beams are not possible: choose a whole number from 1 to {MAX_BEAMS}."
            )
        if self.beams > 1 and self.stop_loops:
            raise OptionError("Beam search cannot be stopped at loops: leave out either.")
        if self.beams > 1 and self.temperature > 0:
            raise OptionError(
                "Beam search draws no tokens: choose either several beams or a temperature above 0."
            )
        if not -MAX_LENGTH_PENALTY <= self.length_penalty <= MAX_LENGTH_PENALTY:
            raise OptionError(
                f"Length penalty {self.length_penalty} is not possible: "
                f"choose a number from -{MAX_LENGTH_PENALTY:g} to {MAX_LENGTH_PENALTY:g}."
            )
        if not 0 < self.patience <= MAX_PATIENCE:
            raise OptionError(
                f"Patience {self.patience} is not possible: choose a number above 0, to {MAX_PATIENCE:g}."
            )
        if self.beams == 1 and not self.length_penalty == self.patience == 1.0:
            raise OptionError("A length penalty and patience belong to beam search: ask for 2 beams or more.")

    @property
    def timed(self) -> bool:
        """Whether the model writes timestamps."""
        return self.timestamps != "none"

    @property
    def temperatures(self) -> tuple[float, ...]:
        """Of the first try at a window and those that follow it, hottest last."""
        first = self.temperature
        if not self.fallback:
            return (first,)
        steps = int((HOTTEST - first) / WARMER + 1e-6)
        return (first, *(round(first + WARMER * step, 6) for step in range(1, steps + 1)))


def _encodes(text: str) -> bool:
    """Whether it is text: bytes of a command line that are not come as lone surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def no_option(name: str, names: Sequence[str]) -> OptionError:
    """The refusal of a keyword that is none of ``names``."""
    near = get_close_matches(name, names, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(names)}."
    return OptionError(f"There is no option {shown(repr(name))}: {hint}")


def check_kind(name: str, value: object, kinds: Kinds) -> None:
    """See that a value is of one of these types; True and False are no numbers.

    Raises:
        OptionError: it is not.
    """
    types, wanted = kinds
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        raise OptionError(f"The option {name!r} is {wanted}, not {shown(repr(value))}.")


def check_batch(size: object) -> int:
    """So many windows decoded together.

    Raises:
        OptionError: no such size.
    """
    if not (isinstance(size, int) and 1 <= size <= MAX_BATCH):
        raise OptionError(f"Batch size {size!r} is not possible: choose 1 to {MAX_BATCH}.")
    return size
