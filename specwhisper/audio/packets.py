"""From packets to chunks of mono sound, stepping over damage and keeping count of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import av.error
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet

from specwhisper.audio.frames import mono
from specwhisper.audio.mixing import Mixer

MP4 = "mov,mp4,m4a,3gp,3g2,mj2"
"""FFmpeg's name for MP4, MOV, M4A, 3GP and Smooth Streaming."""


@dataclass(slots=True)
class Tally:
    """What happened while a file was read.

    Attributes:
        packets: packets that held data.
        damaged: those that could not be decoded.
        encrypted: a packet was encrypted; reading stopped there.
        stopped: FFmpeg gave up reading before the end of the file.
        last: the last packet that held data.
        end: where the last good packet ends, in seconds from the start of the stream. Unlike a count of
            samples it includes what damaged packets before it would have held.
    """

    packets: int = 0
    damaged: int = 0
    encrypted: bool = False
    stopped: bool = False
    last: Packet[AudioStream] | None = None
    end: float = 0.0


class Chunk(NamedTuple):
    """Mono ``samples`` (float32) at ``rate`` Hz.

    Attributes:
        at: their time by the clock of the recording (s); None where it has none.
        anew: another stream begins here (chained Ogg), with a clock of its own.
    """

    samples: np.ndarray
    rate: int
    at: float | None
    anew: bool


def chunks(container: InputContainer, stream: AudioStream, tally: Tally, mixer: Mixer) -> Iterator[Chunk]:
    """Yields the sound in order, and fills ``tally``.

    A packet that cannot be decoded is left out, as players do; whether there were too many of them is for
    the caller to say.
    """
    start = stream.start_time or 0
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except av.error.FFmpegError:
            tally.stopped = True
            return
        except IndexError:  # PyAV 18, at the end: a stream that appeared late (MPEG-TS, FLV) is unknown to it
            return
        if packet is None:
            return
        if packet.has_sidedata("encryption_info"):
            tally.encrypted = True
            return
        if packet.size:
            tally.packets += 1
            tally.last = packet
        _correct_skip(packet, stream)
        anew = packet.has_sidedata("new_extradata")
        try:
            decoded = [
                Chunk(mono(frame, mixer), frame.rate, frame.time, anew)
                for frame in packet.decode()
                if frame.samples
            ]
        except (av.error.FFmpegError, ValueError):
            tally.damaged += packet.size > 0
            continue
        if packet.pts is not None:
            end = (packet.pts - start + (packet.duration or 0)) * packet.time_base
            tally.end = max(tally.end, float(end))
        yield from decoded


def _correct_skip(packet: Packet[AudioStream], stream: AudioStream) -> None:
    """Undoes a confusion of units: FFmpeg 8 states the encoder's run-in of an MP4 in ticks, not samples.

    With a tick per sample, as usual, that is the same. Smooth Streaming's ten million ticks per second make
    the decoder drop the first five seconds instead of 23 ms.
    """
    if not packet.has_sidedata("skip_samples") or not stream.time_base:
        return
    samples_per_tick = stream.time_base * stream.rate
    if samples_per_tick >= 0.5 or stream.container.format.name != MP4:
        return
    skip = packet.get_sidedata("skip_samples")  # u32: at the start, u32: at the end, two bytes of reason
    data = bytes(skip)
    run_in = round(int.from_bytes(data[:4], "little") * samples_per_tick)
    skip.update(run_in.to_bytes(4, "little") + data[4:])
    packet.set_sidedata(skip)
