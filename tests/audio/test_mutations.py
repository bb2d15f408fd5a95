"""Whatever happens to the bytes of a file, it is heard or refused; nothing else, and soon."""

from __future__ import annotations

import time
from functools import lru_cache

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from specwhisper.audio.decode import load_audio
from specwhisper.errors import AudioError
from tests.audio.recordings import AAC, FLAC, MP3, OPUS, WAV, Format, at_times, recording, voice

FORMATS = [WAV, FLAC, OPUS, MP3, AAC, Format("webm", "libopus"), Format("wav", "pcm_f32le", "flt")]
CLOCKED = [Format("matroska", "pcm_s16le"), Format("mp4", "aac", "fltp"), Format("mpegts", "mp2")]

PLACES = st.one_of(st.integers(0, 120), st.integers(0, 60_000))  # half of them in the headers
CHANGES = st.tuples(
    PLACES,
    st.integers(0, 8),  # bytes taken out
    st.one_of(st.binary(max_size=8), st.sampled_from([b"\xff" * 4, bytes(4), b"\x7f\xff\xff\xff"])),
)


@lru_cache(maxsize=64)
def original(how: Format, jump: float) -> bytes:
    """A file whose clock jumps ahead by so many seconds halfway; 0: a plain one."""
    if not jump:
        return recording(how, 0.5)
    half = voice(0.3)
    return at_times([(0.0, half), (0.3 + jump, half)], how)


ORIGINALS = st.one_of(
    st.tuples(st.sampled_from(FORMATS), st.just(0.0)),
    st.tuples(st.sampled_from(CLOCKED), st.sampled_from([0.0, 0.2, 40.0, 500.0, 7200.0])),
)


@settings(max_examples=400, deadline=None)
@given(
    originals=st.lists(ORIGINALS, min_size=1, max_size=3),
    changes=st.lists(CHANGES, min_size=1, max_size=12),
    keep=st.floats(0.02, 1),
)
def test_mutated_files(
    originals: list[tuple[Format, float]], changes: list[tuple[int, int, bytes]], keep: float
) -> None:
    data = bytearray(b"".join(original(*each) for each in originals))
    del data[int(len(data) * keep) :]
    for place, taken, put in changes:
        place %= len(data) + 1
        data[place : place + taken] = put
    began = time.monotonic()
    try:
        samples = load_audio(data, max_seconds=600).samples
    except AudioError:
        pass
    else:
        assert samples.dtype == np.float32
        assert np.isfinite(samples).all()
    assert time.monotonic() - began < 20
