"""What a caller may ask of a recording: how long it may be, which track; and the sentence for the longer."""

from __future__ import annotations

import math
import os

from specwhisper.errors import AudioTooLongError, OptionError

DEFAULT_MAX_SECONDS = 4 * 3600.0
"""Longest recording that is accepted when nobody says otherwise (s); about 0.9 GB as float32."""

ENVIRONMENT_VARIABLE = "SPECWHISPER_MAX_SECONDS"

MAX_SPOOLED_BYTES = 4 << 30
"""Bytes taken from a pipe before it is given up: a pipe has no end that could be looked up first."""


def resolve_max_seconds(max_seconds: float | None) -> float:
    """The limit in seconds, ``inf`` for none.

    The environment is asked only when the caller left the default in place, and at call time, so that
    importing the package reads nothing.

    Raises:
        OptionError: the limit is not a positive number of seconds.
    """
    if max_seconds is None:
        return math.inf
    if max_seconds is not DEFAULT_MAX_SECONDS:
        return _positive(max_seconds, "max_seconds")
    stated = os.environ.get(ENVIRONMENT_VARIABLE, "").strip()
    return _positive(stated, ENVIRONMENT_VARIABLE) if stated else DEFAULT_MAX_SECONDS


def check_track(track: int | None) -> None:
    """Refuse what is no number of a track.

    Raises:
        OptionError: it is none.
    """
    if track is not None and (not isinstance(track, int) or isinstance(track, bool) or track < 1):
        raise OptionError(f"The audio track is counted from 1, so not {track!r}: choose 1, 2, ...")


def too_long(name: str, limit: float) -> AudioTooLongError:
    """The refusal of a recording longer than ``limit`` seconds."""
    return AudioTooLongError(
        f"{name} is longer than the limit of {_clock(limit)}; "
        "cut it into parts, or raise the limit (--max-seconds of transcribe, compare and serve)."
    )


def _positive(value: float | str, what: str) -> float:
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        seconds = math.nan
    if not seconds > 0:  # also refuses NaN
        raise OptionError(f"{what} must be a positive number of seconds, not {value!r}.")
    return seconds


def _clock(seconds: float) -> str:
    """``90.5`` -> ``90.5 seconds``, ``5400`` -> ``90 minutes``, ``14400`` -> ``4 hours``."""
    for size, unit in ((3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size and seconds % size == 0:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} second{'' if seconds == 1 else 's'}"
