"""Any recording as one waveform: mono float32 at 16 kHz.

Containers and codecs are FFmpeg's (through PyAV), channels are averaged, rates are converted by soxr. The
sound streams through in chunks, so that memory follows the result and a bomb is stopped at the limit.
"""

from __future__ import annotations

import os
import time
from typing import IO

import av.error
import numpy as np
import torch

from specwhisper.audio import completeness, isobmff
from specwhisper.audio.arrays import mono_samples
from specwhisper.audio.container import FollowsNamesError, Reader, best_audio, is_playlist, open_container
from specwhisper.audio.limits import DEFAULT_MAX_SECONDS, resolve_max_seconds, too_long
from specwhisper.audio.packets import Tally, chunks
from specwhisper.audio.resample import Recorder
from specwhisper.audio.source import UNNAMED, Source, open_source
from specwhisper.audio.stated import StatedLength, stated_length
from specwhisper.audio.waveform import SAMPLE_RATE, Waveform
from specwhisper.errors import EmptyAudioError, NotAudioError, OptionError, TruncatedAudioError

KNOWN = "a recording such as WAV, FLAC, MP3, OGG, M4A, MP4 or WebM"

AudioSource = str | os.PathLike[str] | bytes | bytearray | memoryview | IO[bytes] | np.ndarray | torch.Tensor


def load_audio(
    source: AudioSource,
    *,
    sampling_rate: int | None = None,
    max_seconds: float | None = DEFAULT_MAX_SECONDS,
) -> Waveform:
    """Hears ``source``.

    Args:
        source: a path, the bytes of a file, a binary file object (read from its first byte), or samples as
            an array or tensor, [samples] or two-dimensional (the shorter axis is the channels).
        sampling_rate: of an array, in Hz (16,000 when not given). Files state their own.
        max_seconds: longest recording to accept, ``None`` for any. When left alone, the environment variable
            ``SPECWHISPER_MAX_SECONDS`` decides, else 4 hours.

    Raises:
        NotAudioError: not a recording, no audio in it, encrypted, or damaged throughout.
        EmptyAudioError: no bytes, or no samples.
        TruncatedAudioError: the container promises clearly more than is there.
        AudioTooLongError: longer than ``max_seconds``; refused before decoding when a header says so.
        OptionError: a ``sampling_rate`` or ``max_seconds`` that makes no sense.
    """
    began = time.perf_counter()
    limit = resolve_max_seconds(max_seconds)
    if isinstance(source, (np.ndarray, torch.Tensor)):
        return _from_array(source, SAMPLE_RATE if sampling_rate is None else sampling_rate, limit)
    if sampling_rate is not None:
        raise OptionError("sampling_rate belongs to arrays; a file states its own, so leave it out.")
    with open_source(source) as opened:
        try:
            samples = _decode(opened, limit)
            return Waveform(samples, opened.name, time.perf_counter() - began)
        except OSError as error:  # the disk, the network drive, or the caller's file object
            raise NotAudioError(
                f"{opened.name} cannot be read ({error}); open it again and retry."
            ) from error


def _from_array(array: np.ndarray | torch.Tensor, rate: float, limit: float) -> Waveform:
    samples = mono_samples(array, rate)
    if len(samples) > limit * rate:
        raise too_long(UNNAMED, limit)
    recorder = Recorder(UNNAMED, limit)
    recorder.add(samples, rate)
    return Waveform(recorder.finish(), UNNAMED)


def _decode(source: Source, limit: float) -> np.ndarray:
    """The samples of a file, float32 [samples] at 16 kHz."""
    if completeness.breaks_off(source.file, source.size):
        raise _truncated(source.name)
    if isobmff.claims_impossible(source.file, source.size):
        raise NotAudioError(f"{source.name} claims more sound than fits into its size; export it again.")
    source.file.seek(0)
    reader = Reader(source.file)
    try:
        container = open_container(reader)
    except (av.error.FFmpegError, FollowsNamesError) as error:
        raise _no_sound(source, f"is not audio that can be read; pass {KNOWN}.") from error
    with container:
        stream = best_audio(container)
        if stream is None:
            raise _no_sound(source, f"has no audio track that can be decoded; pass {KNOWN}.")
        recorder = Recorder(source.name, limit)
        stated = stated_length(container, stream, source.file, source.size)
        if stated.seconds > limit:
            raise too_long(source.name, limit)
        tally = Tally()
        for chunk, rate in chunks(container, stream, tally):
            recorder.add(chunk, rate)
        samples = recorder.finish()
        _judge(source, tally, stated, reader.position, heard=len(samples) / SAMPLE_RATE)
        return samples


def _judge(source: Source, tally: Tally, stated: StatedLength, reader_position: int, heard: float) -> None:
    """Raises what is to be said about a file that was read to its end; silent for a good one."""
    if tally.encrypted:
        raise NotAudioError(f"{source.name} is encrypted; pass a copy without copy protection.")
    if tally.damaged > tally.packets / 2:
        raise NotAudioError(f"{source.name} is damaged: most of it cannot be decoded; export it again.")
    if stated.exact and stated.seconds - max(tally.end, heard) > completeness.second_slack(stated.seconds):
        raise _truncated(source.name)
    if tally.stopped and source.size - reader_position > completeness.byte_slack(source.size):
        raise _truncated(source.name)
    if not heard:
        raise EmptyAudioError(f"{source.name} has no samples in it; record or upload it again.")


def _no_sound(source: Source, otherwise: str) -> NotAudioError:
    if is_playlist(source.file):
        return NotAudioError(f"{source.name} is a playlist or a page; pass the audio file that it points to.")
    return NotAudioError(f"{source.name} {otherwise}")


def _truncated(name: str) -> TruncatedAudioError:
    return TruncatedAudioError(f"{name} breaks off before its end; upload or download it again, whole.")
