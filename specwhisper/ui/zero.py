"""ZeroGPU: on such a Space a GPU is lent for the length of a call, to functions that ask for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import av.error

from specwhisper.audio.container import FollowsNamesError, Reader, best_audio, open_container
from specwhisper.audio.source import open_source
from specwhisper.audio.stated import stated_length
from specwhisper.errors import SpecWhisperError
from specwhisper.network.device import lent_per_call

LOADING = 60
"""Seconds to load a pair of 3 GB: every call begins in a process without one."""

_SPEED = 4.0
"""Seconds of sound decoded per second at least, main alone and with its draft."""

USUAL = 120
"""Seconds, where the length of the sound is not known."""


def on_gpu(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function as it is, or, on a ZeroGPU Space, with a GPU while it runs.

    The ``spaces`` package is there only on Spaces; elsewhere nothing of it is needed.
    """
    if not lent_per_call():
        return function
    try:
        import spaces
    except ImportError:
        return function
    lent: Callable[..., Any] = spaces.GPU(duration=lent_seconds)(function)
    return lent


def lent_seconds(*inputs: Any, **named: Any) -> int:
    """For how long a GPU is asked, by the length of the recordings among a call's inputs."""
    files = [file for value in (*inputs, *named.values()) for file in _files(value)]
    sound = sum(map(_seconds, files))  # captions and texts among them have none
    return round(LOADING + sound / _SPEED) if sound else USUAL


def _files(value: Any) -> list[str]:
    several = value if isinstance(value, list) else [value]
    return [each for each in several if isinstance(each, str) and "/" in each]


def _seconds(file: str) -> float:
    """What a recording says of its length; 0 where it says nothing."""
    try:
        with open_source(file) as source, open_container(Reader(source.file)) as container:
            track = best_audio(container)
            return stated_length(container, track, source.file, source.size).seconds if track else 0.0
    except (SpecWhisperError, av.error.FFmpegError, FollowsNamesError):
        return 0.0
