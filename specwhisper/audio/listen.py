"""One audio track of a file as samples, from its first byte to its last, and what is to be said about it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import av.error
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet

from specwhisper.audio import completeness, isobmff, riff
from specwhisper.audio.container import (
    FollowsNamesError,
    Reader,
    best_audio,
    is_playlist,
    open_container,
    tracks_of,
)
from specwhisper.audio.headerless import Demuxer
from specwhisper.audio.joined import MOST, Part, behind, parts_of, same_again
from specwhisper.audio.limits import too_long
from specwhisper.audio.mixing import Mixer
from specwhisper.audio.mpeg_audio import frame_bytes
from specwhisper.audio.packets import Tally, chunks
from specwhisper.audio.resample import Recorder
from specwhisper.audio.riff import is_padding
from specwhisper.audio.source import Source
from specwhisper.audio.stated import StatedLength, stated_length
from specwhisper.audio.timeline import Timeline
from specwhisper.errors import (
    AudioError,
    AudioTooLongError,
    EmptyAudioError,
    NotAudioError,
    TruncatedAudioError,
)

_HEADER = 64  # bytes by which the end of a packet may be misjudged, for headers that it was read without

_STOP_EARLY = ("aiff", "caf", "w64")  # FFmpeg reads no further than their headers say

KNOWN = "a recording such as WAV, FLAC, MP3, OGG, M4A, MP4 or WebM"


@dataclass(frozen=True, slots=True)
class Wish:
    """How to listen.

    Attributes:
        limit: longest recording that is accepted (s).
        track: which audio track, counted from 1; None for the one a player would take.
        strict: a recording that breaks off is refused.
        demuxer: what to read it with, where its bytes do not say.
    """

    limit: float
    track: int | None = None
    strict: bool = False
    demuxer: Demuxer | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """float32 ``samples`` at 16 kHz, and a sentence about each thing that was not as it should be."""

    samples: np.ndarray
    warnings: tuple[str, ...] = ()


class Listener:
    """Listens to one track of ``source``.

    Attributes:
        tracks: how many audio tracks there are; 0 as long as that is not known.
        track: which one was taken, counted from 1.
    """

    def __init__(self, source: Source, wish: Wish) -> None:
        self.tracks = 0
        self.track = 0
        self._cut = self._shortened = self._goes_on = False
        self._left_out = 0
        self._name = source.name
        self._source = source
        self._wish = wish
        self._recorder = Recorder(source.name, wish.limit)
        self._timeline = Timeline(source.name, wish.limit)

    def listen(self) -> Heard:
        """The sound of the whole file.

        Raises:
            AudioError: there is none, or not as wished for.
        """
        found, self._left_out = parts_of(self._source)
        parts, heard = deque(found), 0
        while parts:
            part = parts.popleft()
            try:
                follows = self._hear(part)
            except AudioTooLongError:
                raise
            except AudioError:
                if not heard:
                    raise
                self._left_out += part.source.size
                continue
            heard += 1
            self._goes_on |= part.goes_on
            if follows is not None and heard < MOST:
                parts.appendleft(Part(behind(part.source, follows), goes_on=False))
        samples = self._timeline.placed(self._recorder.finish())
        warnings = []
        if self._cut:
            warnings.append(f"{self._name} breaks off before its end; what is there was transcribed.")
        elif self._shortened:
            warnings.append(
                f"{self._name} holds less sound than its header states, but ends well; it counts as whole."
            )
        if self._goes_on:
            warnings.append(
                f"{self._name} holds more sound than its header states; it was read to the end of the file."
            )
        if self._left_out:
            warnings.append(
                f"{self._name} holds {self._left_out:,} bytes behind its first recording "
                "that cannot be read; they were left out."
            )
        return Heard(samples, (*warnings, *self._timeline.notes))

    def _hear(self, part: Part) -> int | None:
        """Adds the sound of one recording; returns where behind it another one begins."""
        source, file = part.source, part.source.file
        cut = completeness.breaks_off(file, source.size)
        if cut and self._wish.strict:
            raise self._truncated()
        if isobmff.claims_impossible(file, source.size) or riff.claims_impossible(file, source.size):
            raise NotAudioError(f"{self._name} claims more sound than fits into its size; export it again.")
        reader = Reader(file)
        try:
            options = {"ignore_length": "1"} if part.goes_on else {}
            container = open_container(reader, self._wish.demuxer, options)
        except (av.error.FFmpegError, FollowsNamesError) as error:
            if cut:
                raise self._truncated() from error
            raise self._no_sound(f"is not audio that can be read; pass {KNOWN}.") from error
        with container:
            stream = self._stream(container)
            stated = stated_length(container, stream, file, source.size)
            before = self._timeline.sound
            if not cut and before + stated.seconds > self._wish.limit:
                raise too_long(self._name, self._wish.limit)
            tally, mixer = Tally(), Mixer()
            self._timeline.begin(container)
            for chunk in chunks(container, stream, tally, mixer):
                self._timeline.heard(chunk.at, len(chunk.samples) / chunk.rate, anew=chunk.anew)
                self._recorder.add(chunk.samples, chunk.rate)
            heard = self._timeline.sound - before
            follows = _follows(source, tally.last)
            if follows is None and container.format.name in _STOP_EARLY:
                self._left_out += _unexplained(source, tally.last)
            unread = source.size - reader.position
            cut |= tally.stopped and unread > completeness.byte_slack(source.size) and follows is None
            if _is_short(tally, stated, heard):
                if container.format.name == "mp3" and not _is_torn(tally.last):
                    # It ends with a whole frame: shortened by a program that left the old header in place.
                    self._shortened = True
                else:
                    cut = True
        self._judge(tally, heard, cut)
        self._cut |= cut
        return follows

    def _stream(self, container: InputContainer) -> AudioStream:
        tracks = tracks_of(container)
        self.tracks = self.tracks or len(tracks)
        wanted = self._wish.track
        if wanted is not None and tracks and wanted > len(tracks):
            there = "1 audio track" if len(tracks) == 1 else f"{len(tracks)} audio tracks"
            raise NotAudioError(
                f"{self._name} has {there}, and so no track {wanted}; choose one that is there."
            )
        stream = best_audio(container, None if wanted is None or not tracks else tracks[wanted - 1])
        if stream is None:
            raise self._no_sound(f"has no audio track that can be decoded; pass {KNOWN}.")
        self.track = next((at for at, each in enumerate(tracks, 1) if each.index == stream.index), 1)
        return stream

    def _judge(self, tally: Tally, heard: float, cut: bool) -> None:
        """Raises what is to be said about a recording that was read to its end; silent for a good one."""
        if tally.encrypted:
            raise NotAudioError(f"{self._name} is encrypted; pass a copy without copy protection.")
        if tally.damaged > tally.packets / 2:
            raise NotAudioError(f"{self._name} is damaged: most of it cannot be decoded; export it again.")
        if cut and (self._wish.strict or not heard):
            raise self._truncated()
        if not heard:
            raise EmptyAudioError(f"{self._name} has no samples in it; record or upload it again.")

    def _no_sound(self, otherwise: str) -> NotAudioError:
        if is_playlist(self._source.file):
            return NotAudioError(
                f"{self._name} is a playlist or a page; pass the audio file that it points to."
            )
        return NotAudioError(f"{self._name} {otherwise}")

    def _truncated(self) -> TruncatedAudioError:
        return TruncatedAudioError(
            f"{self._name} breaks off before its end; upload or download it again, whole."
        )


def _follows(source: Source, last: Packet[AudioStream] | None) -> int | None:
    """Where FFmpeg stopped because another recording begins."""
    if last is None or last.pos is None:
        return None
    return same_again(source, last.pos + max(last.size - _HEADER, 1))


def _unexplained(source: Source, last: Packet[AudioStream] | None) -> int:
    """The bytes behind the stated end of the sound, if they are too many for tags and are no padding."""
    if last is None or last.pos is None:
        return 0
    end = last.pos + last.size
    is_much = source.size - end > end // 4 + _HEADER
    return source.size - end if is_much and not is_padding(source.file, end, source.size) else 0


def _is_torn(last: Packet[AudioStream] | None) -> bool:
    """Whether an MP3 ends inside of a frame."""
    return last is None or last.size < frame_bytes(bytes(memoryview(last)[:4]))


def _is_short(tally: Tally, stated: StatedLength, heard: float) -> bool:
    """Whether clearly less came than the header states."""
    return stated.exact and stated.seconds - max(tally.end, heard) > completeness.second_slack(stated.seconds)
