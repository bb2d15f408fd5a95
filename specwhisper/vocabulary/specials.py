"""Special tokens by name, for each of Whisper's three vocabularies.

Whisper lays its ids out as: byte-pair tokens, ``<|endoftext|>``, ``<|startoftranscript|>``, the
languages, six task tokens, then 1,501 timestamps of 20 ms. So the whole table follows from the size:
51,864 (English), 51,865 (multilingual), 51,866 (large-v3: one more language). Nothing else in the
package writes a special id down as a number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from specwhisper.errors import ModelError, OptionError
from specwhisper.vocabulary.languages import LANGUAGES

TIMESTAMPS = 1501
TIMESTAMP_SECONDS = 0.02

TASK_NAMES = ("translate", "transcribe", "startoflm", "startofprev", "nospeech", "notimestamps")
TASKS = ("transcribe", "translate")

# size -> (ids before <|endoftext|>, number of languages, does it understand more than English)
_LAYOUTS = {51_864: (50_256, 99, False), 51_865: (50_257, 99, True), 51_866: (50_257, 100, True)}


@dataclass(frozen=True)
class Vocabulary:
    """The special ids of the vocabulary with ``size`` entries.

    Raises:
        ModelError: on construction, when no Whisper vocabulary has that size.
    """

    size: int

    def __post_init__(self) -> None:
        if self.size not in _LAYOUTS:
            known = ", ".join(f"{size:,}" for size in _LAYOUTS)
            raise ModelError(f"A vocabulary of {self.size:,} tokens is not one of Whisper's ({known}).")

    @property
    def end_of_text(self) -> int:
        return _LAYOUTS[self.size][0]

    @property
    def start_of_transcript(self) -> int:
        return self.end_of_text + 1

    @property
    def multilingual(self) -> bool:
        return _LAYOUTS[self.size][2]

    @cached_property
    def languages(self) -> Mapping[str, int]:
        """Language code -> id."""
        codes = list(LANGUAGES)[: _LAYOUTS[self.size][1]]
        return {code: self.start_of_transcript + 1 + index for index, code in enumerate(codes)}

    @cached_property
    def tasks(self) -> Mapping[str, int]:
        """Name of a task token (see ``TASK_NAMES``) -> id."""
        first = self.start_of_transcript + 1 + len(self.languages)
        return {name: first + index for index, name in enumerate(TASK_NAMES)}

    @property
    def no_timestamps(self) -> int:
        return self.tasks["notimestamps"]

    @property
    def timestamp_begin(self) -> int:
        """The id of ``<|0.00|>``; every id from here on is a timestamp."""
        return self.no_timestamps + 1

    def is_special(self, token: int) -> bool:
        """True for everything that is not text: end-of-text, languages, tasks, timestamps."""
        return token >= self.end_of_text

    def name(self, token: int) -> str:
        """The written form of a special token, e.g. ``<|nl|>`` or ``<|1.20|>``.

        Raises:
            KeyError: the token is not a special one of this vocabulary.
        """
        if self.timestamp_begin <= token < self.size:
            return f"<|{(token - self.timestamp_begin) * TIMESTAMP_SECONDS:.2f}|>"
        return f"<|{self._names[token]}|>"

    @cached_property
    def _names(self) -> Mapping[int, str]:
        named = {"endoftext": self.end_of_text, "startoftranscript": self.start_of_transcript}
        named |= {**self.languages, **self.tasks}
        return {token: name for name, token in named.items()}

    def prompt(self, language: str, task: str = "transcribe", *, timestamps: bool = False) -> tuple[int, ...]:
        """The ids a window's decode starts from.

        English-only models are told neither language nor task (they have one of each).

        Raises:
            OptionError: this vocabulary has no such language or task.
        """
        if task not in TASKS:
            raise OptionError(f"Unknown task {task!r}: choose 'transcribe' or 'translate'.")
        head: tuple[int, ...] = (self.start_of_transcript,)
        if self.multilingual:
            if language not in self.languages:
                raise OptionError(f"This model has no token for {LANGUAGES.get(language, language)!r}.")
            head += (self.languages[language], self.tasks[task])
        elif language != "en" or task != "transcribe":
            raise OptionError(
                "This model only transcribes English: choose a model without '.en' for other languages "
                "or for translation."
            )
        return head if timestamps else (*head, self.no_timestamps)
