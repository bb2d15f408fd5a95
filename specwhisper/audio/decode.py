"""Any recording as one waveform: mono float32 at 16 kHz.

Containers and codecs are FFmpeg's (through PyAV), channels are averaged, rates are converted by soxr. The
sound streams through in chunks, so that memory follows the result and a bomb is stopped at the limit.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import IO

import av.error
import numpy as np
import torch
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer

from specwhisper.audio import completeness, isobmff
from specwhisper.audio.arrays import mono_samples
from specwhisper.audio.container import Reader, best_audio, open_container, reason_for_refusal
from specwhisper.audio.frames import mono
from specwhisper.audio.limits import DEFAULT_MAX_SECONDS, resolve_max_seconds, too_long
from specwhisper.audio.resample import Recorder
from specwhisper.audio.source import UNNAMED, Source, open_source
from specwhisper.audio.waveform import SAMPLE_RATE, Waveform
from specwhisper.errors import EmptyAudioError, NotAudioError, OptionError, TruncatedAudioError

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
    limit = resolve_max_seconds(max_seconds)
    if isinstance(source, (np.ndarray, torch.Tensor)):
        return _from_array(source, SAMPLE_RATE if sampling_rate is None else sampling_rate, limit)
    if sampling_rate is not None:
        raise OptionError("sampling_rate belongs to arrays; a file states its own, so leave it out.")
    with open_source(source) as opened:
        return Waveform(_decode(opened, limit), opened.name)


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
    except (av.error.FFmpegError, OSError) as error:
        raise NotAudioError(f"{source.name} {reason_for_refusal(source.file)}") from error
    with container:
        stream = best_audio(container)
        if stream is None:
            raise NotAudioError(f"{source.name} has no sound in it; pass a file with an audio track.")
        return _Decoding(source, reader, container, stream, limit).run()
