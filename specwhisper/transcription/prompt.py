"""What a window's decode starts from, before it is cut into a vocabulary's ids."""

from __future__ import annotations

from dataclasses import dataclass

from specwhisper.vocabulary.specials import Vocabulary


@dataclass(frozen=True, slots=True)
class WindowPrompt:
    """What main and its draft are told before a window.

    Attributes:
        language: Whisper's code.
        task: ``transcribe`` or ``translate``.
        timestamps: whether the text holds them.
        before: what was written before this window, in main's ids; text only conditions on it.
    """

    language: str
    task: str
    timestamps: bool = False
    before: tuple[int, ...] = ()

    def ids(self, vocabulary: Vocabulary) -> tuple[int, ...]:
        """The ids in main's vocabulary.

        Raises:
            OptionError: it has no such language or task.
        """
        return self.past(vocabulary) + vocabulary.prompt(self.language, self.task, timestamps=self.timestamps)

    def past(self, vocabulary: Vocabulary) -> tuple[int, ...]:
        """The part of the prompt that stands before ``<|startoftranscript|>``."""
        return (vocabulary.tasks["startofprev"], *self.before) if self.before else ()
