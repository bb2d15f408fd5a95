"""The media's own clock: where in the recording each piece of sound stands.

A recording is more than its samples in a row. Where it was paused, or packets were lost, the clock of its
packets jumps ahead; where the sound begins later than the picture, the first packet stands late. Silence of
that length is put there, so that every time in a transcript is that of a player. Where the clock steps back,
the sound that overlaps is left out, as FFmpeg's ``aresample=async`` does.

The sound is collected as it comes, and the clock is judged at the end, when all of it is known: a single
wild time, jitter, and clocks that are wrong throughout are told from real gaps only by what comes after them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from av.container import InputContainer
from av.stream import Disposition

from specwhisper.audio.waveform import SAMPLE_RATE

THRESHOLD = 0.05
"""Clock and sound may be apart by so much (s): encoders' run-in, and times rounded to milliseconds."""

CLOCKED = ("matroska", "mov", "ogg", "mpegts", "mpeg", "flv", "live_flv", "asf", "nut", "rm", "wtv")
"""Formats whose packets carry a time. In the others FFmpeg counts samples, or guesses from the bit rate."""

LONGEST_NEW_CLOCK = 600.0
"""Seconds that are believed to be missing in a format whose clock may be set anew without notice (MPEG-TS,
Ogg); what is more is a new clock."""

LONGEST_OVERLAP = 10.0
"""Seconds that may overlap, as FFmpeg's ``dts_delta_threshold``; a longer step back is a new clock."""

_RESTART = 0.5  # a clock that steps back to its first half second begins anew: a second recording
_JITTER = 1.0  # seconds of sound after which a clock that was out has to be back, to have been only unsteady
_NOTED = 0.02  # seconds of drift that are worth a note
_MOST_NOTES = 100_000  # a clock that jumps more often is none
_STEADY = 0.01  # a clock that runs so much faster or slower than the sound is wrong
_MANY = 3  # irregular steps that say nothing yet
_TS_DISCONT = 0x200  # AVFMT_TS_DISCONT


class Gap(NamedTuple):
    """At ``position`` seconds of sound: ``seconds`` of silence, or below zero, of sound to leave out."""

    position: float
    seconds: float


@dataclass(slots=True)
class _Clock:
    """What one clock said.

    Attributes:
        start: seconds of sound before it.
        origin: its time at the beginning of the recording.
        longest: a longer jump ahead is no gap (s).
        notes: (seconds of sound, how far the clock is ahead of it), wherever that changed.
        last, last_seconds: how far it was ahead at the latest piece, and how long that piece is.
        regular, irregular: steps that went as far as the sound did, and others.
        slip: by how much the regular ones were too long, and
        slip_of: their length (s).
    """

    start: float
    origin: float
    longest: float
    notes: list[tuple[float, float]] = field(default_factory=list)
    last: float | None = None
    last_seconds: float = 0.0
    regular: int = 0
    irregular: int = 0
    slip: float = 0.0
    slip_of: float = 0.0

    def heard(self, at: float, sound: float, seconds: float) -> None:
        ahead = at - self.origin - (sound - self.start)
        if self.last is not None:
            step = ahead - self.last
            if abs(step) <= min(0.3 * self.last_seconds + 0.002, 0.03):
                self.regular += 1
                self.slip += step
                self.slip_of += self.last_seconds
            else:
                self.irregular += 1
        self.last, self.last_seconds = ahead, seconds
        new = not self.notes or abs(ahead - self.notes[-1][1]) > _NOTED
        if new and len(self.notes) < _MOST_NOTES:
            self.notes.append((sound, ahead))

    @property
    def wrong(self) -> bool:
        """Whether it goes wrong all along, as with a header that states another rate than the sound has."""
        slips = abs(self.slip) > max(_STEADY * self.slip_of, THRESHOLD)
        return slips or self.irregular > self.regular + _MANY or len(self.notes) == _MOST_NOTES

    def settled(self, end: float) -> Iterator[tuple[float, float]]:
        """The notes without those where the clock was back soon; ``end``: seconds of sound in all."""
        before, index = 0.0, 0
        while index < len(self.notes):
            position, ahead = self.notes[index]
            if abs(ahead - before) > THRESHOLD:
                back = self._back(index, before)
                if back is not None:
                    index = back
                    continue
                alone = index > 0 and index == len(self.notes) - 1 and end - position < 2 * THRESHOLD
                if alone and abs(ahead - before) > _JITTER:
                    return  # the last piece, by itself far away
            before = ahead
            yield position, ahead
            index += 1

    def _back(self, index: int, before: float) -> int | None:
        """The first later note, soon enough, where the clock is as far ahead as it was."""
        for later in range(index + 1, len(self.notes)):
            position, ahead = self.notes[later]
            if position - self.notes[index][0] >= _JITTER:
                return None
            if abs(ahead - before) <= THRESHOLD:
                return later
        return None


class Timeline:
    """Follows the clock of a recording, or of several that were joined.

    Args:
        name: of the recording, for notes.
        max_seconds: silence does not make it longer than this.
    """

    def __init__(self, name: str, max_seconds: float) -> None:
        self._name = name
        self._max_seconds = max_seconds
        self._sound = 0.0
        self._clocks: list[_Clock] = []
        self._clock: _Clock | None = None
        self.notes: list[str] = []
        """Sentences about what was not believed or left out; there after :meth:`placed`."""

    @property
    def sound(self) -> float:
        """Seconds of sound so far."""
        return self._sound

    def begin(self, container: InputContainer) -> None:
        """A file begins, the first or one that is joined to it."""
        self._clock = None
        names = container.format.name.split(",")
        origin = None if set(names).isdisjoint(CLOCKED) else _origin(container)
        if origin is not None:
            anew = container.format.flags & _TS_DISCONT
            self.begin_clock(origin, LONGEST_NEW_CLOCK if anew else math.inf)

    def begin_clock(self, origin: float, longest: float = math.inf) -> None:
        """From here on the clock counts from ``origin`` (s); no gap is longer than ``longest`` (s)."""
        self._clock = _Clock(self._sound, origin, longest)
        self._clocks.append(self._clock)

    def heard(self, at: float | None, seconds: float, *, anew: bool = False) -> None:
        """The next piece of sound.

        Args:
            at: its time by the clock (s); None when it has none.
            seconds: how long it is.
            anew: another clock begins here (a chained Ogg stream).
        """
        if self._clock is not None and at is not None:
            if anew and self._sound > self._clock.start:
                self.begin_clock(at, self._clock.longest)
            self._clock.heard(at, self._sound, seconds)
        self._sound += seconds

    def placed(self, samples: np.ndarray) -> np.ndarray:
        """The sound where it belongs: ``samples`` itself, or a copy with silence put in."""
        gaps = list(self._gaps())
        if not gaps:
            return samples
        pieces: list[tuple[int, int, int]] = []  # from, to, where it goes
        read = write = 0
        for gap in gaps:
            at = min(max(round(gap.position * SAMPLE_RATE), read), len(samples))
            pieces.append((read, at, write))
            write += at - read
            change = round(gap.seconds * SAMPLE_RATE)
            read, write = min(at + max(-change, 0), len(samples)), write + max(change, 0)
        pieces.append((read, len(samples), write))
        placed = np.zeros(write + len(samples) - read, np.float32)  # silence takes memory once it is read
        for start, end, goes in pieces:
            placed[goes : goes + end - start] = samples[start:end]
        return placed

    def _gaps(self) -> Iterator[Gap]:
        """What to change, in order."""
        added, unbelieved, overlap = 0.0, 0.0, 0.0
        for number, clock in enumerate(self._clocks):
            end = self._clocks[number + 1].start if number + 1 < len(self._clocks) else self._sound
            if clock.wrong:
                continue
            settled = list(clock.settled(end))
            used = 0.0  # by how much the clock is ahead, with all that was done about it
            for index, (position, ahead) in enumerate(settled):
                jump = ahead - used
                if jump > THRESHOLD:
                    used = ahead
                    if jump <= clock.longest and self._sound + added + jump <= self._max_seconds:
                        added += jump
                        yield Gap(position, jump)
                    else:
                        unbelieved = max(unbelieved, jump)
                elif jump < -THRESHOLD:
                    until = settled[index + 1][0] if index + 1 < len(settled) else end
                    restarts = not index or ahead + position - clock.start < _RESTART
                    if restarts or jump < -LONGEST_OVERLAP:
                        used = ahead
                        continue
                    left_out = min(-jump, until - position)
                    used -= left_out
                    added -= left_out
                    overlap += left_out
                    yield Gap(position, -left_out)
        if unbelieved:
            self.notes.append(
                f"The clock of {self._name} jumps ahead by {unbelieved:,.0f} seconds; "
                "no silence was put there, so times after it may be too early."
            )
        if overlap > _JITTER:
            self.notes.append(
                f"The clock of {self._name} steps back; "
                f"{overlap:.1f} seconds of sound that overlap were left out."
            )


def _origin(container: InputContainer) -> float | None:
    """When the first of sound and picture begins (s); covers, subtitles and data may have any time."""
    starts = [
        float(stream.start_time * stream.time_base)
        for stream in container.streams
        if stream.type in ("audio", "video")
        and stream.start_time is not None
        and stream.time_base
        and not stream.disposition & Disposition.attached_pic
    ]
    return min(starts, default=None)
