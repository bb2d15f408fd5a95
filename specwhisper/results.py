"""What the engine returns: frozen dataclasses, and nothing that computes audio, tensors or pages.

``Cycle`` and ``Decoded`` speak token ids (the decoding layer knows no text). ``Transcript`` and
``Comparison`` add the text, and are what a user of the package, the command line and the app get.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Origin = Literal["main", "accepted", "correction", "bonus"]
"""Where a written token came from.

``main``: main wrote the window by itself, no draft asked. ``accepted``: proposed by the draft, confirmed by
main. ``correction``: main's own token in place of a rejected proposal. ``bonus``: main's own token after a
proposal that was accepted whole (or after an empty one), for which the verify pass had already paid.
"""


Source = Literal["model", "text"]
"""Who proposed: a draft model, or a text that was known."""


@dataclass(frozen=True, slots=True)
class Cycle:
    """One draft-and-verify round; in greedy decoding, one step (nothing proposed).

    Attributes:
        proposed: the draft's tokens, as ids of main's vocabulary.
        accepted: how many of them, from the left, main agreed with.
        correction: main's own token after the accepted ones; ``None`` when an accepted end-of-text
            finished the window and left nothing to add.
        draft_probability: the probability the draft gave each proposed token (0..1).
        draft_seconds: wall time of proposing.
        verify_seconds: wall time of main's pass, the decision and its bookkeeping.
        near_ties: rows of this cycle that main decided again at width 1 (see decoding.acceptance).
        held_back: draft tokens that could not be offered because the vocabularies cut text differently.
        window: index of the 30-second window the cycle belongs to.
        log_probabilities: what main gave each of :attr:`tokens`; of recordings with timestamps only.
        source: who proposed.
    """

    proposed: tuple[int, ...]
    accepted: int
    correction: int | None
    draft_probability: tuple[float, ...] = ()
    draft_seconds: float = 0.0
    verify_seconds: float = 0.0
    near_ties: int = 0
    held_back: int = 0
    window: int = 0
    log_probabilities: tuple[float, ...] = ()
    source: Source = "model"

    @property
    def tokens(self) -> tuple[int, ...]:
        """The token ids this cycle added, end-of-text included."""
        own = () if self.correction is None else (self.correction,)
        return self.proposed[: self.accepted] + own

    @property
    def origins(self) -> tuple[Origin, ...]:
        """The origin of each of :attr:`tokens`, except that greedy steps also count as ``bonus``."""
        origins: list[Origin] = ["accepted"] * self.accepted
        if self.correction is not None:
            origins.append("bonus" if self.accepted == len(self.proposed) else "correction")
        return tuple(origins)


@dataclass(frozen=True, slots=True)
class Decoded:
    """The decode of one window: ids only.

    Attributes:
        tokens: what main wrote after the prompt, without the final end-of-text.
        cycles: the rounds that wrote it, in order.
        ended: True when end-of-text was reached, False when the length limit cut the window.
        looped: the text repeated itself and was ended there, as somebody had asked for.
    """

    tokens: tuple[int, ...]
    cycles: tuple[Cycle, ...]
    ended: bool
    looped: bool = False

    @property
    def alone(self) -> bool:
        """Whether main wrote it by itself: no draft was asked, or it never had anything to propose."""
        return not any(cycle.proposed for cycle in self.cycles)

    @property
    def origins(self) -> tuple[Origin, ...]:
        """The origin of each token that the cycles added, end-of-text included."""
        alone = self.alone
        return tuple("main" if alone else origin for cycle in self.cycles for origin in cycle.origins)


@dataclass(frozen=True, slots=True)
class Seconds:
    """Wall time per stage, in seconds; the device is synchronised at every boundary.

    ``audio`` (container to waveform), ``features`` (log-mel), ``encode_main`` and ``encode_draft``
    (encoder and cross-attention keys/values), ``draft`` and ``verify`` (the decode loop; every moment
    of it belongs to one of the two), ``other`` (language detection, text, the rest).
    """

    audio: float = 0.0
    features: float = 0.0
    encode_main: float = 0.0
    encode_draft: float = 0.0
    draft: float = 0.0
    verify: float = 0.0
    other: float = 0.0

    @property
    def decode(self) -> float:
        return self.draft + self.verify

    @property
    def total(self) -> float:
        return self.audio + self.features + self.encode_main + self.encode_draft + self.decode + self.other

    def to_dict(self) -> dict[str, float]:
        return {**asdict(self), "decode": self.decode, "total": self.total}


@dataclass(frozen=True, slots=True)
class Memory:
    """What the weights of a pair hold, in bytes as they are on the device (packed copies included).

    Attributes:
        main: the main model alone.
        draft: what the draft adds; its decoder only, when it shares main's encoder.
        shared_encoder: one encoder serves both.
    """

    main: int
    draft: int = 0
    shared_encoder: bool = False

    @property
    def draft_percent(self) -> float:
        """What the draft adds, in percent of main."""
        return 100 * self.draft / self.main

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "draft_percent": self.draft_percent}


@dataclass(frozen=True, slots=True)
class Stats:
    """How a transcript came about.

    ``tokens`` counts what main decided (end-of-text included), so ``tokens_per_cycle`` is exactly
    tokens / cycles: 1 for greedy decoding, up to lookahead + 1 for speculative decoding.

    ``mode`` says who proposed: nobody (``greedy``: main alone) or the draft. Main chose its likeliest
    token unless ``temperature`` is above 0 (drawn, from ``seed``) or ``beams`` above 1 (searched, with
    ``length_penalty`` and ``patience``).

    ``draft_text``: a known text proposed, before the draft if there was one.

    ``variants`` are the ways to compute that were chosen for this processor (see
    :mod:`specwhisper.network.cpu.machine`); none where its kernels are not used.
    """

    mode: Literal["greedy", "speculative"]
    main: str
    draft: str | None
    precision: str
    device: str
    cycles: tuple[Cycle, ...]
    seconds: Seconds
    memory: Memory | None = None
    temperature: float = 0.0
    seed: int | None = None
    beams: int = 1
    length_penalty: float = 1.0
    patience: float = 1.0
    variants: dict[str, str | int] = field(default_factory=dict)
    draft_text: bool = False

    @property
    def pair(self) -> str:
        """Main and its draft, where it has one."""
        return f"{self.main}+{self.draft}" if self.draft else self.main

    @property
    def tokens(self) -> int:
        return sum(len(cycle.tokens) for cycle in self.cycles)

    @property
    def drafted(self) -> int:
        return sum(len(cycle.proposed) for cycle in self.cycles)

    @property
    def accepted(self) -> int:
        return sum(cycle.accepted for cycle in self.cycles)

    @property
    def silent(self) -> bool:
        """Whether there was a draft that was never asked: it was expected to cost more than it saves."""
        return self.draft is not None and bool(self.cycles) and not self.seconds.encode_draft + self.drafted

    @property
    def by_text(self) -> int:
        """Proposed tokens that came from a known text."""
        return sum(len(cycle.proposed) for cycle in self.cycles if cycle.source == "text")

    @property
    def acceptance_rate(self) -> float:
        """Accepted / drafted; 0 when nothing was drafted."""
        return self.accepted / self.drafted if self.drafted else 0.0

    @property
    def tokens_per_cycle(self) -> float:
        return self.tokens / len(self.cycles) if self.cycles else 0.0

    @property
    def near_ties(self) -> int:
        return sum(cycle.near_ties for cycle in self.cycles)

    @property
    def held_back(self) -> int:
        return sum(cycle.held_back for cycle in self.cycles)

    def to_dict(self) -> dict[str, Any]:
        return {
            "mode": self.mode,
            "main": self.main,
            "draft": self.draft,
            "draft_text": self.draft_text,
            "precision": self.precision,
            "device": self.device,
            "variants": self.variants,
            "temperature": self.temperature,
            "seed": self.seed,
            "beams": self.beams,
            "length_penalty": self.length_penalty,
            "patience": self.patience,
            "tokens": self.tokens,
            "drafted": self.drafted,
            "by_text": self.by_text,
            "accepted": self.accepted,
            "acceptance_rate": self.acceptance_rate,
            "tokens_per_cycle": self.tokens_per_cycle,
            "near_ties": self.near_ties,
            "held_back": self.held_back,
            "seconds": self.seconds.to_dict(),
            "memory": None if self.memory is None else self.memory.to_dict(),
            "cycles": [asdict(cycle) for cycle in self.cycles],
        }


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text made of whole characters, with the tokens and the origin it came from.

    Byte-level tokens can split a character; such tokens share one piece (origin of the last one).
    The pieces of a transcript join to the concatenated text of its segments.
    """

    text: str
    tokens: tuple[int, ...]
    origin: Origin


def _to_the_microsecond(span: Word | Segment) -> None:
    """Times are sums of binary fractions: 3.28 and not 3.2800000000000002, which ends up in files."""
    for name in ("start", "end"):
        object.__setattr__(span, name, round(getattr(span, name), 6))


def origin_of(origins: Sequence[Origin]) -> Origin:
    """Of a word: accepted where all of its tokens were; else who wrote the first that was not."""
    return next((origin for origin in origins if origin != "accepted"), "accepted")


@dataclass(frozen=True, slots=True)
class Word:
    """A word with its surroundings' punctuation; ``text`` begins with the space before it, if there is one.

    Attributes:
        start, end: seconds from the beginning of the recording.
        probability: mean of what main gave its tokens.
        origin: accepted where all of it was; else who wrote the first token that was not.
    """

    start: float
    end: float
    text: str
    probability: float
    origin: Origin = "main"

    def __post_init__(self) -> None:
        _to_the_microsecond(self)


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of speech: ``start`` and ``end`` in seconds from the beginning of the recording.

    Attributes:
        tokens: text ids alone.
        temperature: of the try that wrote it; above 0 where the first one looked wrong.
        log_probability: mean over its window's tokens; None where that was not asked for.
        compression_ratio: of its window's text (see ``transcription.fallback``).
        no_speech: how likely main found it that nobody speaks in its window.
        words: only where their times were asked for.
    """

    start: float
    end: float
    text: str
    tokens: tuple[int, ...]
    temperature: float = 0.0
    log_probability: float | None = None
    compression_ratio: float | None = None
    no_speech: float | None = None
    words: tuple[Word, ...] = ()

    def __post_init__(self) -> None:
        _to_the_microsecond(self)


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was said.

    Attributes:
        text: the whole text, stripped.
        language: two- or three-letter Whisper language code.
        language_probability: how likely main found it (0 to 1); None where it was given, or nobody speaks.
        duration: length of the recording in seconds.
        segments: in order; their texts, joined, are the text before stripping.
        tokens: ids that main wrote, special tokens (end-of-text) left out.
        stats: mode, cycles, times.
        pieces: the text coloured by origin.
        token_text: what each id occurring in ``tokens`` or in a cycle looks like on a screen.
        warnings: a sentence about each thing that was not as it should be, e.g. a recording that breaks off.
    """

    text: str
    language: str
    duration: float
    segments: tuple[Segment, ...]
    tokens: tuple[int, ...]
    stats: Stats
    pieces: tuple[Piece, ...] = ()
    token_text: dict[int, str] = field(default_factory=dict)
    language_probability: float | None = None
    warnings: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON. Keys of ``token_text`` are strings there."""
        return {
            "text": self.text,
            "language": self.language,
            "language_probability": self.language_probability,
            "duration": self.duration,
            "segments": [asdict(segment) for segment in self.segments],
            "tokens": list(self.tokens),
            "stats": self.stats.to_dict(),
            "pieces": [asdict(piece) for piece in self.pieces],
            "token_text": {str(token): text for token, text in self.token_text.items()},
            "warnings": list(self.warnings),
        }


@dataclass(frozen=True, slots=True)
class Update:
    """What is new while a recording is being written down.

    Attributes:
        segments: settled since the last update; they will not change.
        pending: the window that is being written, so far; another try may replace it.
        seconds: how far the recording has been done.
        duration: of the whole recording, in seconds.
    """

    segments: tuple[Segment, ...]
    pending: str
    seconds: float
    duration: float


OnUpdate = Callable[[Update], None]
"""Called with text as it grows and with segments as they are settled."""


@dataclass(frozen=True, slots=True)
class Difference:
    """The first place where two token sequences part; ``None`` stands for "already ended"."""

    position: int
    baseline: int | None
    speculative: int | None


@dataclass(frozen=True, slots=True)
class Speedup:
    """Baseline seconds / speculative seconds (above 1: speculation is faster)."""

    decode: float
    total: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """The same audio decoded twice: by main alone, and by main with its draft."""

    baseline: Transcript
    speculative: Transcript
    first_difference: Difference | None
    speedup: Speedup

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was not as it should be, as of a transcript; both have the same."""
        return self.speculative.warnings

    @property
    def identical(self) -> bool:
        """The same tokens, and segments with the same times."""
        times = [
            [(segment.start, segment.end) for segment in transcript.segments]
            for transcript in (self.baseline, self.speculative)
        ]
        return self.first_difference is None and times[0] == times[1]

    def to_dict(self) -> dict[str, Any]:
        return {
            "identical": self.identical,
            "first_difference": None if self.first_difference is None else asdict(self.first_difference),
            "speedup": asdict(self.speedup),
            "baseline": self.baseline.to_dict(),
            "speculative": self.speculative.to_dict(),
        }
