"""Many channels as one: their mean, or the louder one where they cancel each other.

A microphone that is wired the wrong way round, or a balanced signal recorded as stereo, has on its right
channel what the left has, upside down. The mean of both is silence, or what little differs.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

CANCELS = 0.03
"""The mean cancels where its power is below this share (-15 dB) of what channels that have nothing in common
would leave. Two equal channels are then 18 dB louder than their mean; such a pair correlates by less than
-0.97, as no two microphones in a room do for longer than a moment."""

AGREES = 0.1
"""Above this share (-10 dB) the mean is taken again: between the two, what was chosen stays."""

MEMORY = 0.05
"""Seconds after which what was heard counts half: syllables decide, not a single frame; and where channels
begin to cancel as loud as they were before, it is noticed in a third of a second."""

_LOUDER = 4.0  # times the power (6 dB) for which another channel is taken while they cancel


class Mixer:
    """Decides from piece to piece, and keeps a number per channel."""

    def __init__(self) -> None:
        self._powers = np.zeros(0)
        self._mean_power = 0.0
        self._chosen: int | None = None

    def choose(
        self, mean: np.ndarray, channels: Sequence[np.ndarray] | np.ndarray, scale: float, rate: float
    ) -> int | None:
        """The channel to take for this piece; None: the mean.

        Args:
            mean: of the channels, float32 [samples], full scale at -1..1.
            channels: floats [samples] around zero, full scale at ``scale``.
            rate: samples per second.
        """
        if len(channels) != len(self._powers):
            self._powers, self._mean_power, self._chosen = np.zeros(len(channels)), 0.0, None
        fades = 0.5 ** (len(mean) / rate / MEMORY)
        powers = np.array([float(np.dot(each, each)) for each in channels]) / scale**2
        if not np.isfinite(powers).all():  # damage
            return None
        self._powers = fades * self._powers + powers
        self._mean_power = fades * self._mean_power + float(np.dot(mean, mean))
        unlike = float(self._powers.sum()) / len(channels) ** 2
        if self._chosen is None:
            if self._mean_power < CANCELS * unlike:
                self._chosen = int(self._powers.argmax())
        elif self._mean_power > AGREES * unlike:
            self._chosen = None
        elif self._powers.max() > _LOUDER * self._powers[self._chosen]:
            self._chosen = int(self._powers.argmax())
        return self._chosen
