"""Sound that is still coming: from a pipe, or from a microphone."""

from __future__ import annotations

from collections.abc import Iterator
from io import BufferedIOBase
from queue import SimpleQueue
from typing import Any

import av.error
import numpy as np

from specwhisper.audio.container import FollowsNamesError, OneWay, best_audio, open_container
from specwhisper.audio.headerless import Demuxer
from specwhisper.audio.mixing import Mixer
from specwhisper.audio.packets import Tally, chunks
from specwhisper.audio.resample import Resampler
from specwhisper.errors import EmptyAudioError, NotAudioError, OptionError
from specwhisper.names import shown

_AT_ONCE = {"probesize": "65536", "analyzeduration": "500000"}
"""FFmpeg looks no further than it has to before it gives the first sound."""

_BLOCK = 0.1  # seconds of sound that a microphone gives at a time

MISSING = (
    "A microphone needs the package sounddevice and the library PortAudio: install specwhisper[live], or "
    "pipe the sound in: ffmpeg ... | specwhisper live -"
)


def piped(file: BufferedIOBase, raw_rate: int | None = None) -> Iterator[np.ndarray]:
    """The sound of a container that comes through a pipe, as it comes.

    Args:
        raw_rate: it is none, but bare samples of 16 bits (little-endian, one channel), so many per second.

    Yields:
        float32 at 16 kHz.

    Raises:
        AudioError: there is no sound, or it is encrypted.
    """
    demuxer = None
    if raw_rate is not None:
        demuxer = Demuxer("s16le", {"sample_rate": str(raw_rate), "ch_layout": "mono"})
    source = OneWay(file)
    try:
        container = open_container(source, demuxer, _AT_ONCE)
    except (av.error.FFmpegError, FollowsNamesError) as error:
        if not source.began:
            raise EmptyAudioError("The standard input was empty: pipe sound into it.") from error
        raise NotAudioError(
            "The standard input is not audio that can be read as it comes: send WAV, Ogg, WebM, MP3, FLAC or "
            "MPEG-TS, or bare samples with --raw RATE."
        ) from error
    with container:
        stream = best_audio(container)
        if stream is None:
            raise NotAudioError("The standard input has no audio track that can be decoded.")
        tally, mixer, resampler = Tally(), Mixer(), Resampler("standard input")
        heard = 0
        for chunk in chunks(container, stream, tally, mixer):
            samples = resampler.chunk(chunk.samples, chunk.rate)
            heard += len(samples)
            yield samples
        yield resampler.flush()
    if tally.encrypted:
        raise NotAudioError("The standard input is encrypted; send a copy without copy protection.")
    if not heard:
        raise EmptyAudioError(
            "The standard input held no sound that can be read as it comes: an MP4, for one, has to be "
            "fragmented (ffmpeg -movflags frag_keyframe+empty_moov)."
        )


def microphone(device: str | None = None) -> Iterator[np.ndarray]:
    """The sound of a microphone from now on, until nobody asks for more.

    Args:
        device: its number, or a part of its name; None: the system's usual one.

    Returns:
        float32 at 16 kHz, a tenth of a second at a time.

    Raises:
        OptionError: there is no such device, or nothing to listen with.
    """
    sound = _sounddevice()
    try:
        chosen = sound.query_devices(int(device) if device and device.isdecimal() else device, "input")
        rate = int(chosen["default_samplerate"])
        came: SimpleQueue[np.ndarray] = SimpleQueue()
        stream = sound.InputStream(
            samplerate=rate,
            blocksize=int(_BLOCK * rate),
            device=chosen["index"],
            channels=1,
            dtype="float32",
            callback=lambda samples, frames, when, status: came.put(samples[:, 0].copy()),
        )
        stream.start()
    except (ValueError, sound.PortAudioError) as error:
        wanted = "microphone" if device is None else f"microphone {shown(repr(device))}"
        raise OptionError(f"There is no {wanted} that can be used here ({shown(str(error))}).") from error
    return _recorded(stream, came, rate)


def _recorded(stream: Any, came: SimpleQueue[np.ndarray], rate: int) -> Iterator[np.ndarray]:
    resampler = Resampler("The microphone")
    try:
        while True:
            yield resampler.chunk(came.get(), rate)
    finally:
        stream.stop()
        stream.close()


def _sounddevice() -> Any:
    try:
        import sounddevice
    except (ImportError, OSError) as error:  # the package, or the library that it needs
        raise OptionError(MISSING) from error
    return sounddevice
