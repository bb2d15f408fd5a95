"""Exact maps between the token ids of Whisper's vocabularies.

The multilingual vocabularies (51,865 ids up to large-v2, 51,866 from large-v3 on) share every text id;
large-v3 inserted ``<|yue|>`` after the other languages, so each special id behind it moved up by one.
Nothing here is a rule of thumb: ids are matched by the *name* of their token.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from specwhisper.errors import ModelError
from specwhisper.vocabulary.specials import Vocabulary


@dataclass(frozen=True, slots=True)
class Remap:
    """Ids of ``source`` as ids of ``target``.

    Attributes:
        table: for each source id the target id, or -1 where the target has no such token.
    """

    source: Vocabulary
    target: Vocabulary
    table: tuple[int, ...]

    @classmethod
    def between(cls, source: Vocabulary, target: Vocabulary) -> Remap:
        """The exact map from one vocabulary to another.

        Raises:
            ModelError: one is English-only and the other not; their byte-pair merges differ, so there is no
                map from id to id.
        """
        if source.end_of_text != target.end_of_text:
            raise ModelError(
                "An English-only and a multilingual vocabulary have different merges: no id-to-id map exists."
            )
        names = {target.name(token): token for token in range(target.end_of_text, target.size)}
        specials = (names.get(source.name(token), -1) for token in range(source.end_of_text, source.size))
        return cls(source, target, (*range(source.end_of_text), *specials))

    def get(self, token: int) -> int | None:
        """The target id of one source id, or None."""
        mapped = self.table[token]
        return None if mapped < 0 else mapped

    def prefix(self, tokens: Iterable[int]) -> list[int]:
        """The target ids of ``tokens`` up to the first that has none."""
        mapped = []
        for token in tokens:
            other = self.table[token]
            if other < 0:
                break
            mapped.append(other)
        return mapped

    @property
    def identical(self) -> int:
        """How many ids mean the same in both."""
        return sum(token == other for token, other in enumerate(self.table))

    @property
    def shifted(self) -> int:
        """How many tokens exist in both under different ids."""
        return sum(token != other >= 0 for token, other in enumerate(self.table))
