"""The options of whole recordings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from specwhisper.errors import OptionError

Detail = Literal["none", "segment", "word"]
DETAILS: tuple[Detail, ...] = ("none", "segment", "word")

WARMER = 0.2
"""How much the temperature rises with each new try at a window."""

HOTTEST = 1.0
"""The temperature of the last try."""


@dataclass(frozen=True, slots=True)
class Recording:
    """How a recording is written down when it is longer than a window, or its segments have times.

    Attributes:
        timestamps: ``none`` cuts it into fixed windows of 30 s; ``segment`` lets the model say where segments
            begin and end; ``word`` finds out about every word as well.
        vad: leave out what holds no speech.
        condition_on_previous_text: each window goes on from the text of those before.
        initial_prompt: stands before the first window as if it had been said: names, spelling, style.
        hotwords: stand before every window.
        fallback: try again, with noise, where a text repeats itself or the model is unsure of it.
        language_per_window: find out anew which language each window is in, where none is given.
        compression_ratio: zlib finds a text repetitive when it shrinks by more than this factor.
        log_probability: the model is unsure of a text when its tokens' mean log-probability is below this.
        no_speech: nobody speaks where ``<|nospeech|>`` is likelier than this and the text is unsure.

    Raises:
        OptionError: on construction, when there is no such detail.
    """

    timestamps: Detail = "segment"
    vad: bool = True
    condition_on_previous_text: bool = True
    initial_prompt: str | None = None
    hotwords: str | None = None
    fallback: bool = True
    language_per_window: bool = False
    compression_ratio: float = 2.4
    log_probability: float = -1.0
    no_speech: float = 0.6

    def __post_init__(self) -> None:
        if self.timestamps not in DETAILS:
            raise OptionError(
                f"Timestamps {self.timestamps!r} do not exist: choose 'none', 'segment' or 'word'."
            )

        if self.timestamps == "none" and (self.initial_prompt or self.hotwords):
            raise OptionError("A prompt and hotwords need timestamps: ask for 'segment' or 'word'.")

    def temperatures(self, first: float) -> tuple[float, ...]:
        """The first try and those that follow it, hottest last."""
        if not self.fallback:
            return (first,)
        steps = int((HOTTEST - first) / WARMER + 1e-6)
        return (first, *(round(first + WARMER * step, 6) for step in range(1, steps + 1)))
