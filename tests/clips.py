"""The example clips of the app, which every checkout has."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from specwhisper.audio.decode import load_audio

EXAMPLES = Path(__file__).parent.parent / "assets" / "examples"


@dataclass(frozen=True)
class Clip:
    """A file and a phrase that any Whisper hears in it."""

    file: str
    phrase: str


ENGLISH = Clip("john-dashwood.flac", "then leisure to consider how much")
SECOND = Clip("amiable-woman.flac", "amiable woman")
SHORT = Clip("playing-cards.flac", "of spades")
SHORTEST = Clip("go-forward.flac", "go forward")


def path_of(clip: Clip) -> Path:
    return EXAMPLES / clip.file


def longest(seconds: int) -> np.ndarray:
    """The clips one after another, again and again, cut to a length: float32 [samples]."""
    once = np.concatenate([load_audio(path_of(clip)).samples for clip in (ENGLISH, SECOND)])
    return np.resize(once, seconds * 16_000)
