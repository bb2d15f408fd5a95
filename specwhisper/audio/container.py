"""FFmpeg's demuxers behind three walls: a file is read as itself, and as nothing it points to.

A playlist (HLS, ffconcat, DASH, SDP, ...) is text that names other files or hosts. Opened by a server it
would read that server's disk or network on a stranger's behalf, so: the demuxers that follow names are
not allowed, no protocol is allowed, and any attempt to open a second file fails. Each wall alone has a
hole (the concat demuxer does not ask ``io_open``), hence all three.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from io import BufferedIOBase
from typing import Any, BinaryIO, NoReturn

import av
import av.error
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.format import ContainerFormat, formats_available
from av.stream import Discard, Stream

from specwhisper.audio.headerless import Demuxer

FOLLOWS_NAMES = frozenset(
    {"applehttp", "concat", "dash", "hls", "image2", "imf", "lavfi", "rtp", "rtsp", "sap", "sdp", "vobsub"}
    | {"avisynth", "vapoursynth", "webm_dash_manifest"}
)
"""Demuxers that open what their input names, or run it as a script; not all are in every build."""

_PLAYLISTS = (b"#extm3u", b"ffconcat", b"[playlist]", b"<asx", b"<smil", b"v=0", b"<mpd", b"<?xml")


class FollowsNamesError(Exception):
    """A file tried to have another one opened."""


class Reader:
    """The part of a binary file that FFmpeg may see: no name, so that bytes alone decide what it is.

    It keeps a position of its own, so that others may look into the same file in between.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.position = 0
        """Byte up to which FFmpeg has read."""

    def read(self, size: int) -> bytes:
        self._file.seek(self.position)
        chunk = self._file.read(size)
        self.position += len(chunk)
        return chunk

    def seek(self, offset: int, whence: int = 0) -> int:
        base = self.position if whence == 1 else 0
        self.position = self._file.seek(base + offset, 0 if whence == 1 else whence)
        return self.position

    def tell(self) -> int:
        return self.position


class OneWay:
    """The same of something that comes while it is read, such as a pipe: there is no going back."""

    def __init__(self, file: BufferedIOBase) -> None:
        self._file = file
        self.began = False
        """Whether anything has come."""

    def read(self, size: int) -> bytes:
        """What has come by now, at most ``size`` bytes; it waits where nothing has."""
        chunk = self._file.read1(size)
        self.began |= bool(chunk)
        return chunk


def open_container(
    reader: Reader | OneWay, demuxer: Demuxer | None = None, options: Mapping[str, str] | None = None
) -> InputContainer:
    """Opens the recording behind ``reader`` and reads as far as its streams are known.

    Args:
        demuxer: what to read it with; None: whatever recognises it.
        options: further ones for FFmpeg.

    Raises:
        av.error.FFmpegError: it is nothing that FFmpeg can open within the walls.
        FollowsNamesError: it tried to leave them.
    """
    return av.open(
        reader,
        mode="r",
        format=demuxer.name if demuxer else None,
        container_options={
            "format_whitelist": _allowed_formats(),
            "protocol_whitelist": "",
            **(demuxer.options if demuxer else {}),
            **(options or {}),
        },
        metadata_errors="replace",  # tags in odd encodings are common and nobody reads them here
        io_open=_refuse,
    )


def tracks_of(container: InputContainer) -> list[Stream]:
    """The audio streams, in order."""
    return [stream for stream in container.streams if stream.type == "audio"]


def best_audio(container: InputContainer, wanted: Stream | None = None) -> AudioStream | None:
    """``wanted``, or the audio stream a player would choose, if it can be decoded.

    All other streams are told to stay unread.
    """
    stream = wanted or container.streams.best("audio")
    if not isinstance(stream, AudioStream) or stream.codec_context is None:
        return None
    for other in container.streams:
        if other is not stream:
            other.discard = Discard.all
    return stream


def is_playlist(file: BinaryIO) -> bool:
    """Whether a file that gave no sound is text that may point to some."""
    file.seek(0)
    return file.read(512).lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_PLAYLISTS)


@lru_cache(maxsize=1)
def _allowed_formats() -> str:
    allowed = []
    for name in sorted(formats_available):
        try:
            demuxer = ContainerFormat(name, "r")
        except ValueError:  # a format that can only be written
            continue
        if not demuxer.no_file and FOLLOWS_NAMES.isdisjoint(name.split(",")):
            allowed.append(name)
    return ",".join(allowed)


def _refuse(url: str, flags: int, options: dict[str, Any]) -> NoReturn:
    raise FollowsNamesError("a recording may not open further files")
