"""Two vocabularies beside each other: what their ids share, and how one token or text looks in both.

Plain data for the faces to draw. Text is cut with a :class:`TextCodec` where the caller has one; special
tokens need none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from specwhisper.vocabulary.remap import Remap
from specwhisper.vocabulary.specials import Vocabulary

NAMES = {51_864: "English-only", 51_865: "Multilingual", 51_866: "Large-v3"}
"""What people call the vocabulary of each size."""

NO_MAP = (
    "Their byte-pair merges differ, so one id stands for different text in each. The draft's text therefore "
    "travels as bytes and is cut anew in main's vocabulary; special tokens are matched by name."
)

Relation = Literal["same", "shifted", "absent", "differs"]

_ORDER = ("Start, languages", "Cantonese", "Tasks", "Timestamps")


@dataclass(frozen=True, slots=True)
class Span:
    """The ids ``first`` to ``last``, both included."""

    first: int
    last: int

    def __len__(self) -> int:
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class Band:
    """Ids that belong together, where each vocabulary has them.

    Attributes:
        relation: ``same`` ids; ``shifted`` by ``offset``; ``absent`` from one; ``differs``: text that is cut
            by other merges, so ids say nothing about each other.
    """

    name: str
    source: Span | None
    target: Span | None
    relation: Relation
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Overview:
    """What the ids of ``source`` are worth in ``target``.

    Attributes:
        identical, shifted: numbers of ids; None where no id-to-id map exists.
        only_source, only_target: written forms of the special tokens that just one of the two has.
    """

    source: Vocabulary
    target: Vocabulary
    bands: tuple[Band, ...]
    identical: int | None
    shifted: int | None
    only_source: tuple[str, ...]
    only_target: tuple[str, ...]

    @property
    def mapped(self) -> bool:
        """Whether ids can be mapped one by one."""
        return self.identical is not None

    @property
    def specials(self) -> int:
        """How many special tokens both have."""
        return self.source.size - self.source.end_of_text - len(self.only_source)

    @property
    def finding(self) -> str:
        """The whole in one sentence."""
        if self.identical is None:
            return "No map from id to id: proposals travel as bytes."
        if not self.shifted:
            return f"All {self.identical:,} ids mean the same in both."
        step = max(self.bands, key=lambda band: abs(band.offset)).offset
        return (
            f"{self.identical:,} ids mean the same in both, {self.shifted:,} move "
            f"{'up' if step > 0 else 'down'} by {abs(step)}."
        )


def overview(source: Vocabulary, target: Vocabulary) -> Overview:
    """Compare two vocabularies id by id."""
    shared_text = source.end_of_text == target.end_of_text
    remap = Remap.between(source, target) if shared_text else None
    mine, theirs = special_ids(source), special_ids(target)
    return Overview(
        source,
        target,
        _bands(source, target, shared_text),
        remap.identical if remap else None,
        remap.shifted if remap else None,
        tuple(name for name in mine if name not in theirs),
        tuple(name for name in theirs if name not in mine),
    )


def special_ids(vocabulary: Vocabulary) -> dict[str, int]:
    """Every special token's id by its written form, such as ``<|nl|>`` or ``<|1.20|>``."""
    return {vocabulary.name(token): token for token in range(vocabulary.end_of_text, vocabulary.size)}


def _bands(source: Vocabulary, target: Vocabulary, shared_text: bool) -> tuple[Band, ...]:
    text = Span(0, source.end_of_text - 1), Span(0, target.end_of_text - 1)
    bands = [Band("Text", *text, "same" if shared_text else "differs")]
    common = min(len(source.languages), len(target.languages))
    left, right = _sections(source, common), _sections(target, common)
    for name in (name for name in _ORDER if name in left or name in right):
        mine, theirs = left.get(name), right.get(name)
        offset = theirs.first - mine.first if mine and theirs else 0
        relation: Relation = "absent" if not (mine and theirs) else "shifted" if offset else "same"
        bands.append(Band(name, mine, theirs, relation, offset))
    return tuple(bands)


def _sections(vocabulary: Vocabulary, languages: int) -> dict[str, Span]:
    """Where the special tokens lie; those of more than ``languages`` languages on their own."""
    last = vocabulary.start_of_transcript + languages
    tasks = vocabulary.tasks.values()
    sections = {
        "Start, languages": Span(vocabulary.end_of_text, last),
        "Tasks": Span(min(tasks), max(tasks)),
        "Timestamps": Span(vocabulary.timestamp_begin, vocabulary.size - 1),
    }
    if last + 1 < min(tasks):
        sections["Cantonese"] = Span(last + 1, min(tasks) - 1)
    return sections
