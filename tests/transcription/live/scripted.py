"""A main and a draft that hear words at given times, and a voice that knows those times."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from specwhisper.audio.waveform import SAMPLE_RATE
from specwhisper.results import Decoded, Seconds
from specwhisper.transcription.alignment import Aligned
from specwhisper.transcription.live.hypothesis import Drafts
from specwhisper.transcription.live.listener import LiveListener, LiveModels, LiveOptions
from specwhisper.transcription.tasks import (
    Align,
    Detected,
    DetectLanguage,
    Encode,
    EncodedWindow,
    Spoken,
    Steps,
    WindowTask,
    Written,
)
from specwhisper.vocabulary.specials import Vocabulary

Said = tuple[str, float, float]
"""A word, and when it begins and ends (s)."""


class WordCodec:
    """A tokenizer with one token per word, which it meets for the first time."""

    def __init__(self) -> None:
        self.vocabulary = Vocabulary(51_865)
        self._words: list[str] = []

    def encode(self, text: str) -> tuple[int, ...]:
        words = [f" {word}" for word in text.split()]
        self._words += [word for word in dict.fromkeys(words) if word not in self._words]
        return tuple(map(self._words.index, words))

    def decode(self, tokens: Sequence[int]) -> str:
        return "".join(self._words[token] for token in tokens)

    def token_bytes(self, token: int) -> bytes:
        return self._words[token].encode()

    def whole_characters(self, tokens: Sequence[int]) -> list[tuple[str, tuple[int, ...]]]:
        return [(self._words[token], (token,)) for token in tokens]


@dataclass
class Speaker:
    """What is said, and how main and draft hear it.

    Attributes:
        said: words with their times.
        mishears: what main takes a word for as long as nothing follows it.
        asked: the tasks that main was asked, in order.
    """

    said: Sequence[Said]
    mishears: dict[str, str] = field(default_factory=dict)
    asked: list[Any] = field(default_factory=list)
    codec: WordCodec = field(default_factory=WordCodec)
    vocabulary: Vocabulary = field(default_factory=lambda: Vocabulary(51_865))
    context: int = 448

    def sound(self, seconds: float) -> np.ndarray:
        """Samples that tell where they are from: their number."""
        return np.arange(int(seconds * SAMPLE_RATE), dtype=np.float32)

    def ask(self, steps: Steps[Any]) -> Any:
        """Run a journey with what main would answer."""
        answer: Any = None
        while True:
            try:
                task = steps.send(answer)
            except StopIteration as ended:
                return ended.value
            self.asked.append(task)
            answer = self._answer(task)

    def _answer(self, task: Any) -> Any:
        if isinstance(task, Encode):
            first, length = float(task.samples[0]), len(task.samples)
            return EncodedWindow(
                (first / SAMPLE_RATE, length / SAMPLE_RATE),  # type: ignore[arg-type]
                None,
                Seconds(),
                length / SAMPLE_RATE,
            )
        if isinstance(task, DetectLanguage):
            return Detected(Spoken("nl", 0.9), 0.0)
        if isinstance(task, WindowTask):
            written = len(task.prompt.written)
            heard = self._heard(*task.window.main)[written:]  # type: ignore[misc]
            return Written(Decoded(self.codec.encode(" ".join(heard)), (), True))
        assert isinstance(task, Align)
        start, length = task.window.main  # type: ignore[misc]
        inside = self._inside(start, length)[: len(task.tokens)]
        starts = [begin - start for _, begin, _ in inside]
        while len(starts) < len(task.tokens):
            starts.append(length)
        ends = inside[-1][2] - start if inside else length
        return Aligned((*starts, ends), (0.9,) * len(task.tokens))

    def _inside(self, start: float, length: float) -> list[Said]:
        return [each for each in self.said if each[1] >= start - 0.05 and each[2] <= start + length]

    def _heard(self, start: float, length: float) -> list[str]:
        words = [word for word, _, _ in self._inside(start, length)]
        if words:
            words[-1] = self.mishears.get(words[-1], words[-1])
        return words


class KnownVoice:
    """Speech where something is said."""

    def __init__(self, said: Sequence[Said]) -> None:
        self._said = said
        self._heard = 0
        self.speaks = False
        self.since = self.until = 0

    def hear(self, samples: np.ndarray) -> None:
        self._heard += len(samples)
        begun = [each for each in self._said if each[1] * SAMPLE_RATE < self._heard]
        if begun:
            end = int(begun[-1][2] * SAMPLE_RATE)
            self.until = min(self._heard, end)
            self.speaks = self._heard <= end
            self.since = int(begun[-1][1] * SAMPLE_RATE)


def listener(speaker: Speaker, *, draft: Speaker | None = None, **options: Any) -> LiveListener:
    """A listener to that speaker."""
    asked = LiveOptions(**{"language": "en", "among": (), "task": "transcribe", **options})
    ask_draft = draft.ask if draft else speaker.ask
    models = LiveModels(speaker, draft, speaker.ask, ask_draft, nullcontext)  # type: ignore[arg-type]
    return LiveListener(models, asked, Drafts(), KnownVoice(speaker.said))  # type: ignore[arg-type]


def sentence(text: str, start: float = 0.0, each: float = 0.4) -> list[Said]:
    """Words that follow one another."""
    return [(word, start + at * each, start + (at + 0.9) * each) for at, word in enumerate(text.split())]
