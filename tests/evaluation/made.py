"""What the tests of evaluation are made with: engines that answer at once, clips of silence."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from specwhisper.audio.waveform import Waveform
from specwhisper.evaluation.common.calls import Call, ClipCalls
from specwhisper.evaluation.common.dataset import Clip, LoadedClip
from specwhisper.network.dimensions import Dimensions
from specwhisper.weights.weights import Weights
from tests.fakes import random_tensors

SMALL = Dimensions(80, 51_865, 128, 2, 2, 2)


def clip(name: str = "a.wav", text: str = "Hello there.", language: str = "en") -> Clip:
    return Clip(name, Path(name), text, language)


def heard(name: str = "a.wav", seconds: float = 1.0) -> LoadedClip:
    return LoadedClip(clip(name), Waveform(np.zeros(int(16_000 * seconds), np.float32)))


def call(text: str = "hello there", tokens: tuple[int, ...] = (1, 2), decode: float = 0.3) -> Call:
    return Call(text, tokens, len(tokens) + 1, features=0.01, encode=0.2, decode=decode, total=decode + 0.21)


def clip_calls(*decodes: float, text: str = "hello there", tokens: tuple[int, ...] = (1, 2)) -> ClipCalls:
    return ClipCalls(clip(), 1.0, tuple(call(text, tokens, decode) for decode in decodes))


def weights(tokenizer_file: Path, dims: Dimensions = SMALL) -> Weights:
    """A small random model that hears the full 30 s."""
    return Weights("small-random", dims, random_tensors(dims), tokenizer_file, None, "made here", True)
