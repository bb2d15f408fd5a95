"""What every engine looks like from outside, and what all of them are built from."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from specwhisper.audio.windows import windows_of
from specwhisper.evaluation.common.calls import Call
from specwhisper.vocabulary.specials import Vocabulary
from specwhisper.vocabulary.text import TextCodec
from specwhisper.weights.pairs import Pair

if TYPE_CHECKING:
    from specwhisper.weights.weights import Weights


class Engine(Protocol):
    """Something that transcribes."""

    def transcribe(self, samples: np.ndarray, language: str) -> Call:
        """Write down float32 [samples] at 16 kHz; the language is a code the model knows.

        The total is left to who asks.
        """
        ...


@dataclass(frozen=True, slots=True)
class Job:
    """What an engine is to be built for. Plain data: it travels to child processes."""

    pair: Pair
    precision: str
    threads: int


class Workshop:
    """Where engines are built: a folder for converted models, and what several of them need made once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._made: dict[Hashable, Any] = {}

    def once(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """What ``make`` returned the first time."""
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

    def weights(self, name: str) -> Weights:
        """A model's tensors, read once."""
        from specwhisper.weights.weights import load_weights

        return self.once(("weights", name), lambda: load_weights(name))

    def converted(self, name: str, kind: str, write: Callable[[Weights, Path], None]) -> Path:
        """The folder of a model converted to a format, written at the first call (or by a parent process)."""
        folder = self.folder / kind / name.replace("/", "--")
        done = folder / ".done"
        if not done.exists():
            folder.mkdir(parents=True, exist_ok=True)
            write(self.weights(name), folder)
            done.touch()
        return folder

    def clear(self) -> None:
        """Forget everything in memory; converted models stay."""
        self._made.clear()


@dataclass(frozen=True, slots=True)
class WindowWritten:
    """One window: text ids, whether end-of-text was reached, seconds of each stage (see ``Call``)."""

    tokens: tuple[int, ...]
    ended: bool
    features: float
    encode: float
    decode: float


def by_windows(samples: np.ndarray, codec: TextCodec, write: Callable[[np.ndarray], WindowWritten]) -> Call:
    """Cut a recording as our own engine does, so that all engines hear the same windows."""
    windows = [write(window.samples) for window in windows_of(samples)]
    return Call(
        # Window by window, because a character never spans two of them.
        text="".join(codec.decode(window.tokens) for window in windows).strip(),
        tokens=tuple(token for window in windows for token in window.tokens),
        decided=sum(len(window.tokens) + window.ended for window in windows),
        features=sum(window.features for window in windows),
        encode=sum(window.encode for window in windows),
        decode=sum(window.decode for window in windows),
    )


def text_tokens(tokens: list[int], vocabulary: Vocabulary) -> tuple[int, ...]:
    """The ids that carry text."""
    return tuple(token for token in tokens if not vocabulary.is_special(token))


class Stopwatch:
    """Seconds between the calls of :meth:`lap`."""

    def __init__(self) -> None:
        self._last = time.perf_counter()

    def lap(self) -> float:
        now = time.perf_counter()
        took, self._last = now - self._last, now
        return took


def suppression(weights: Weights) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """What the model never writes, and what it never begins a window with: equal for every engine."""
    from specwhisper.vocabulary import rules

    vocabulary = Vocabulary(weights.dims.vocab_size)
    codec = TextCodec(weights.tokenizer_file, vocabulary)
    return rules.suppression(weights.generation_config, vocabulary, codec)
