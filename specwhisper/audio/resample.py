"""Chunks at any rate in, one growing 16 kHz buffer out."""

from __future__ import annotations

import math

import numpy as np
import soxr

from specwhisper.audio.limits import too_long
from specwhisper.audio.waveform import SAMPLE_RATE
from specwhisper.errors import NotAudioError

RATES = (1_000, 1_536_000)
"""Sampling rates that recordings have (Hz). A header outside of it is damaged: at 1 Hz, every sample of
the file would become 16,000."""

_FIRST_CAPACITY = 60 * SAMPLE_RATE


class Recorder:
    """Collects a recording: resamples each chunk (soxr, high quality) and never keeps two copies.

    The rate may change between chunks (joined Ogg streams do that): the stretch so far is then flushed.
    """

    def __init__(self, name: str, max_seconds: float) -> None:
        self._name = name
        self._max_seconds = max_seconds
        self._max_samples = math.ceil(max_seconds * SAMPLE_RATE) if math.isfinite(max_seconds) else math.inf
        self._buffer = np.empty(_FIRST_CAPACITY, np.float32)
        self._length = 0
        self._rate: float = SAMPLE_RATE
        self._stream: soxr.ResampleStream | None = None

    def add(self, chunk: np.ndarray, rate: float) -> None:
        """Appends ``chunk``, float32 [samples] at ``rate`` Hz.

        Raises:
            AudioTooLongError: the recording has passed the limit.
            NotAudioError: a rate that no recording has.
        """
        if rate != self._rate:
            self._flush()
            if not RATES[0] <= rate <= RATES[1]:
                raise NotAudioError(
                    f"{self._name} states {rate:g} samples per second, as no recording has; export it again."
                )
            self._stream = None
            if rate != SAMPLE_RATE:
                self._stream = soxr.ResampleStream(rate, SAMPLE_RATE, 1, dtype="float32", quality="HQ")
            self._rate = rate
        self._append(chunk if self._stream is None else self._stream.resample_chunk(chunk))

    def finish(self) -> np.ndarray:
        """The whole recording, float32 [samples] at 16 kHz. The recorder is spent afterwards."""
        self._flush()
        # Shrinks in place: a slice would hold on to the spare memory, a copy would need the buffer twice.
        self._buffer.resize(self._length, refcheck=False)
        return self._buffer

    def _flush(self) -> None:
        if self._stream is not None:
            self._append(self._stream.resample_chunk(np.empty(0, np.float32), last=True))
            self._stream = None

    def _append(self, samples: np.ndarray) -> None:
        end = self._length + len(samples)
        if end > self._max_samples:
            raise too_long(self._name, self._max_seconds)
        if end > len(self._buffer):
            self._buffer.resize(max(end, len(self._buffer) * 3 // 2), refcheck=False)
        self._buffer[self._length : end] = samples
        self._length = end
