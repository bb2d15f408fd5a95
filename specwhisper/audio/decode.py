"""Any recording as one waveform: mono float32 at 16 kHz.

Containers and codecs are FFmpeg's (through PyAV), channels are mixed, rates are converted by soxr. The
sound streams through in chunks, so that memory follows the result and a bomb is stopped at the limit.
"""

from __future__ import annotations

import os
import time
from dataclasses import replace
from typing import IO

import numpy as np
import torch

from specwhisper.audio.arrays import mono_samples
from specwhisper.audio.container import is_playlist
from specwhisper.audio.headerless import READERS
from specwhisper.audio.limits import DEFAULT_MAX_SECONDS, check_track, resolve_max_seconds, too_long
from specwhisper.audio.listen import Heard, Wish
from specwhisper.audio.resample import Recorder
from specwhisper.audio.source import UNNAMED, Source, open_source
from specwhisper.audio.tracks import hear
from specwhisper.audio.waveform import SAMPLE_RATE, Waveform
from specwhisper.errors import AudioError, AudioTooLongError, EmptyAudioError, NotAudioError, OptionError

AudioSource = str | os.PathLike[str] | bytes | bytearray | memoryview | IO[bytes] | np.ndarray | torch.Tensor


def load_audio(
    source: AudioSource,
    *,
    sampling_rate: int | None = None,
    max_seconds: float | None = DEFAULT_MAX_SECONDS,
    audio_track: int | None = None,
    strict: bool = False,
) -> Waveform:
    """Hears ``source``.

    Args:
        source: a path, the bytes of a file, a binary file object (read from its first byte), or samples as
            an array or tensor, [samples] or two-dimensional (the shorter axis is the channels).
        sampling_rate: of an array, in Hz (16,000 when not given). Files state their own.
        max_seconds: longest recording to accept, ``None`` for any. When left alone, the environment variable
            ``SPECWHISPER_MAX_SECONDS`` decides, else 4 hours.
        audio_track: of a file with several, counted from 1; None takes the first with speech in it.
        strict: a file that breaks off before its end is refused. Otherwise what is there is heard, and
            ``warnings`` of the result say so.

    Raises:
        NotAudioError: not a recording, no audio in it, no such track, encrypted, or damaged throughout.
        EmptyAudioError: no bytes, or no samples.
        TruncatedAudioError: the container promises clearly more than is there, and ``strict`` is set, or what
            is there cannot be read.
        AudioTooLongError: longer than ``max_seconds``; refused before decoding when a header says so.
        OptionError: a ``sampling_rate``, ``max_seconds`` or ``audio_track`` that makes no sense.
    """
    check_track(audio_track)
    began = time.perf_counter()
    limit = resolve_max_seconds(max_seconds)
    if isinstance(source, (np.ndarray, torch.Tensor)):
        return _from_array(source, SAMPLE_RATE if sampling_rate is None else sampling_rate, limit)
    if sampling_rate is not None:
        raise OptionError("sampling_rate belongs to arrays; a file states its own, so leave it out.")
    with open_source(source) as opened:
        try:
            heard = _decode(opened, Wish(limit, audio_track, strict))
            return Waveform(heard.samples, opened.name, time.perf_counter() - began, heard.warnings)
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


def _decode(source: Source, wish: Wish) -> Heard:
    """The sound of a file; where nothing recognises it, read as what its name says that it is."""
    try:
        return hear(source, wish)
    except (NotAudioError, EmptyAudioError):
        demuxer = READERS.get(source.ending)
        if demuxer is None or is_playlist(source.file):
            raise
        try:
            return hear(source, replace(wish, demuxer=demuxer))
        except AudioTooLongError:
            raise
        except AudioError:
            pass
        raise
