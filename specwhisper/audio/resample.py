"""Chunks at any rate in, one growing 16 kHz buffer out."""

from __future__ import annotations

import math

import numpy as np
import soxr

from specwhisper.audio.limits import too_long
from specwhisper.audio.waveform import SAMPLE_RATE
from specwhisper.errors import NotAudioError, OptionError

RATES = (1_000, 1_536_000)
"""Sampling rates that recordings have (Hz). A header outside of it is damaged: at 1 Hz, every sample of
the file would become 16,000."""

_FIRST_CAPACITY = 60 * SAMPLE_RATE


def check_rate(rate: float) -> float:
    """A rate of samples that are still to come.

    Raises:
        OptionError: no recording has it.
    """
    if not RATES[0] <= rate <= RATES[1]:
        raise OptionError(f"A rate of {rate:g} samples per second is not possible: choose e.g. 16000.")
    return rate


class Resampler:
    """Chunks at any rate to 16 kHz (soxr, high quality).

    The rate may change between chunks (joined Ogg streams do that): the stretch so far is then flushed.

    Args:
        name: of the recording, for complaints.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._rate: float = SAMPLE_RATE
        self._stream: soxr.ResampleStream | None = None

    def chunk(self, samples: np.ndarray, rate: float) -> np.ndarray:
        """More samples, float32 at ``rate`` Hz, as far as they are resampled already.

        Raises:
            NotAudioError: a rate that no recording has.
        """
        before = np.empty(0, np.float32)
        if rate != self._rate:
            before = self.flush()
            if not RATES[0] <= rate <= RATES[1]:
                raise NotAudioError(
                    f"{self._name} states {rate:g} samples per second, as no recording has; export it again."
                )
            if rate != SAMPLE_RATE:
                self._stream = soxr.ResampleStream(rate, SAMPLE_RATE, 1, dtype="float32", quality="HQ")
            self._rate = rate
        found = samples if self._stream is None else self._stream.resample_chunk(samples)
        return np.concatenate([before, found]) if len(before) else found

    def flush(self) -> np.ndarray:
        """What was still to come of the chunks so far."""
        rest = np.empty(0, np.float32)
        if self._stream is not None:
            rest = self._stream.resample_chunk(rest, last=True)
            self._stream, self._rate = None, SAMPLE_RATE
        return rest


class Recorder:
    """Collects a recording, resampled, and never keeps two copies."""

    def __init__(self, name: str, max_seconds: float) -> None:
        self._name = name
        self._max_seconds = max_seconds
        self._max_samples = math.ceil(max_seconds * SAMPLE_RATE) if math.isfinite(max_seconds) else math.inf
        self._buffer = np.empty(_FIRST_CAPACITY, np.float32)
        self._length = 0
        self._resampler = Resampler(name)

    def add(self, chunk: np.ndarray, rate: float) -> None:
        """Appends ``chunk``, float32 [samples] at ``rate`` Hz.

        Raises:
            AudioTooLongError: the recording has passed the limit.
            NotAudioError: a rate that no recording has.
        """
        self._append(self._resampler.chunk(chunk, rate))

    def finish(self) -> np.ndarray:
        """The whole recording, float32 [samples] at 16 kHz. The recorder is spent afterwards."""
        self._append(self._resampler.flush())
        # Shrinks in place: a slice would hold on to the spare memory, a copy would need the buffer twice.
        self._buffer.resize(self._length, refcheck=False)
        return self._buffer

    def _append(self, samples: np.ndarray) -> None:
        end = self._length + len(samples)
        if end > self._max_samples:
            raise too_long(self._name, self._max_seconds)
        if end > len(self._buffer):
            self._buffer.resize(max(end, len(self._buffer) * 3 // 2), refcheck=False)
        self._buffer[self._length : end] = samples
        self._length = end
