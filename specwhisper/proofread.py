"""What proofreading gives: which words of some captions main confirms, and what it hears instead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from specwhisper.captions.captions import Captions
from specwhisper.captions.compare import Kind, Piece
from specwhisper.captions.write import rewritten
from specwhisper.results import Transcript

UNRELATED = 0.2
"""Where less of the captions' words than this is confirmed, they are of something else."""


def share_of(confirmed: Sequence[bool]) -> float:
    """How much of the captions' words is confirmed (0 to 1)."""
    return sum(confirmed) / len(confirmed) if confirmed else 0.0


def is_unrelated(confirmed: Sequence[bool]) -> bool:
    """Whether so few words are confirmed that the captions seem to be of another recording."""
    return share_of(confirmed) < UNRELATED


@dataclass(frozen=True, slots=True)
class Difference:
    """A place where main would write something else.

    Attributes:
        kind: what is wrong with the captions.
        cue: index of the cue.
        captions, main: the words of both; empty where one has none.
        start, end: seconds from the beginning of the recording.
        main_probability, captions_probability: what main gives the words of either, per token, after what it
            wrote before them.
        first: index of the first of the captions' words in it, and how many ``words`` of theirs there are.
    """

    kind: Kind
    cue: int
    captions: str
    main: str
    start: float
    end: float
    main_probability: float
    captions_probability: float
    first: int
    words: int

    @property
    def sure(self) -> bool:
        """Whether main finds its own words likelier; otherwise the captions may be right."""
        return self.main_probability >= self.captions_probability


@dataclass(frozen=True, slots=True)
class Proofread:
    """Captions and a recording, compared.

    Attributes:
        captions: as they were.
        transcript: what main writes.
        pieces: the captions' words.
        starts: by word, when it is said: seconds from the beginning of the recording.
        confirmed: by word, whether main writes it, too.
        differences: in the order of the captions.
        texts: by index of a cue, its corrected text; of those that change.
    """

    captions: Captions
    transcript: Transcript
    pieces: tuple[Piece, ...]
    starts: tuple[float, ...]
    confirmed: tuple[bool, ...]
    differences: tuple[Difference, ...]
    texts: Mapping[int, str]

    @property
    def share(self) -> float:
        """Of the captions' words that main confirms."""
        return share_of(self.confirmed)

    @property
    def unrelated(self) -> bool:
        """Whether the captions seem to be of another recording."""
        return is_unrelated(self.confirmed)

    @property
    def corrected(self) -> str:
        """The captions' file with main's words where it is sure; as it was if they are unrelated."""
        return self.captions.source if self.unrelated else rewritten(self.captions, self.texts)

    @property
    def verdict(self) -> str:
        """The outcome in a sentence."""
        if self.unrelated:
            return (
                f"Main confirms {self.share:.0%} of the words: the captions seem to be of another recording "
                "or in another language."
            )
        sure = sum(each.sure for each in self.differences)
        doubtful = len(self.differences) - sure
        words = f"Main confirms {sum(self.confirmed):,} of {len(self.confirmed):,} words"
        if not self.differences:
            return f"{words}, and would write nothing otherwise."
        doubts = f", and is in doubt about {doubtful} more" if doubtful else ""
        return f"{words}; at {sure} place{'' if sure == 1 else 's'} it would write otherwise{doubts}."

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "verdict": self.verdict,
            "unrelated": self.unrelated,
            "confirmed": sum(self.confirmed),
            "words": len(self.confirmed),
            "differences": [{**asdict(each), "sure": each.sure} for each in self.differences],
            "corrected": self.corrected,
            "transcript": self.transcript.text,
            "language": self.transcript.language,
            "duration": self.transcript.duration,
        }
