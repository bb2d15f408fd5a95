"""A recording without its silence, and the clock that leads back to the original.

Whisper hears windows of 30 s; stretches without speech would fill them with nothing, or make it invent
text. So what is speech is put end to end (never copied as a whole: a window gathers what it needs), and
times are told on the original clock.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from specwhisper.audio.waveform import SAMPLE_RATE

_SEAM = SAMPLE_RATE // 2  # samples: about the margin that is kept around speech


_LONG_SILENCE = 4 * SAMPLE_RATE  # samples of it that were left out


@dataclass(frozen=True, slots=True)
class SpeechSpan:
    """A part of a recording, in samples: ``start`` included, ``end`` not."""

    start: int
    end: int


class Speech:
    """Stretches of a recording, put end to end.

    Args:
        samples: the recording, mono float32 at 16 kHz.
        stretches: what is kept, in order, without overlap; None keeps everything.
    """

    def __init__(self, samples: np.ndarray, stretches: Sequence[SpeechSpan] | None = None) -> None:
        self._samples = samples
        if stretches is None:
            stretches = [SpeechSpan(0, len(samples))] if len(samples) else []
        self.stretches = tuple(stretches)
        lengths = (stretch.end - stretch.start for stretch in self.stretches)
        self._starts = [0, *accumulate(lengths)]  # of each stretch in what is kept; then the end of all

    def __len__(self) -> int:
        """Samples that are kept."""
        return self._starts[-1]

    @property
    def seconds(self) -> float:
        """Duration of what is kept."""
        return len(self) / SAMPLE_RATE

    def reach(self, start: int, most: int) -> int:
        """How far a window from ``start`` may go: ``most`` samples, but over no long silence.

        A window that hears two things said minutes apart takes them for one, and may write only the first.
        """
        for index in range(self._index(start), len(self.stretches) - 1):
            border = self._starts[index + 1]
            silence = self.stretches[index + 1].start - self.stretches[index].end
            if silence >= _LONG_SILENCE and border > start:
                return min(border, start + most)
        return min(len(self), start + most)

    def take(self, start: int, stop: int) -> np.ndarray:
        """The kept samples from ``start`` to ``stop``; a view where they lie in one stretch."""
        parts = []
        for stretch, begin in zip(self.stretches, self._starts, strict=False):
            first, last = max(start - begin, 0), min(stop - begin, stretch.end - stretch.start)
            if first < last:
                parts.append(self._samples[stretch.start + first : stretch.start + last])
        if len(parts) == 1:
            return parts[0]
        return np.concatenate(parts) if parts else self._samples[:0]

    def holds(self, start: int, stop: int) -> bool:
        """Whether any of the recording's samples from ``start`` to ``stop`` are kept."""
        return any(each.start < stop and each.end > start for each in self.stretches)

    def until(self, sample: int) -> int:
        """How many of the recording's samples before this one are kept."""
        return sum(max(min(sample, each.end) - each.start, 0) for each in self.stretches)

    def original(self, seconds: float, *, ending: bool = False) -> float:
        """Where a moment of what is kept lies in the recording, in seconds.

        Args:
            ending: at a seam, the end of the stretch before it instead of the beginning of the one after.
        """
        if not self.stretches:
            return 0.0
        at = seconds * SAMPLE_RATE
        return self._within(self._index(at, ending=ending), at)

    def interval(self, start: float, end: float) -> tuple[float, float]:
        """Where a piece of what is kept lies in the recording, in seconds.

        Whisper does not know of seams: a piece that begins just before one, in the margin of what was said
        before, began after it; and the other way round for its end.
        """
        if not self.stretches:
            return 0.0, 0.0
        first, last = start * SAMPLE_RATE, end * SAMPLE_RATE
        begins, ends = self._index(first), self._index(last, ending=True)
        while begins < ends and self._starts[begins + 1] - first <= _SEAM:
            begins += 1
        while begins < ends and last - self._starts[ends] <= _SEAM:
            ends -= 1
        return self._within(begins, first), self._within(ends, last)

    def around(self, start: float, end: float) -> tuple[float, float]:
        """Where what was left out ends before a piece of the recording, and where it begins again after it.

        Args:
            start, end: of the piece, in seconds of the recording.
        """
        if not self.stretches:
            return start, end
        first = bisect_right(self.stretches, start * SAMPLE_RATE, key=lambda each: each.start) - 1
        last = bisect_left(self.stretches, end * SAMPLE_RATE, key=lambda each: each.end)
        begins, ends = self.stretches[max(first, 0)], self.stretches[min(last, len(self.stretches) - 1)]
        return begins.start / SAMPLE_RATE, ends.end / SAMPLE_RATE

    def _index(self, at: float, *, ending: bool = False) -> int:
        find = bisect_left if ending else bisect_right
        return min(max(find(self._starts, at) - 1, 0), len(self.stretches) - 1)

    def _within(self, index: int, at: float) -> float:
        """A place in what is kept, as near to it as that stretch has one, in seconds of the recording."""
        stretch = self.stretches[index]
        within = min(max(at - self._starts[index], 0.0), stretch.end - stretch.start)
        return (stretch.start + within) / SAMPLE_RATE
