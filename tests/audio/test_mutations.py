"""Whatever happens to the bytes of a file, it is heard or refused; nothing else, and soon."""

from __future__ import annotations

import time

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from specwhisper.audio.decode import load_audio
from specwhisper.errors import AudioError
from tests.audio.recordings import AAC, FLAC, MP3, OPUS, WAV, Format, recording

FORMATS = [WAV, FLAC, OPUS, MP3, AAC, Format("webm", "libopus"), Format("wav", "pcm_f32le", "flt")]

PLACES = st.one_of(st.integers(0, 120), st.integers(0, 60_000))  # half of them in the headers
CHANGES = st.tuples(
    PLACES,
    st.integers(0, 8),  # bytes taken out
    st.one_of(st.binary(max_size=8), st.sampled_from([b"\xff" * 4, bytes(4), b"\x7f\xff\xff\xff"])),
)


@settings(max_examples=400, deadline=None)
@given(
    how=st.sampled_from(FORMATS), changes=st.lists(CHANGES, min_size=1, max_size=12), keep=st.floats(0.02, 1)
)
def test_mutated_files(how: Format, changes: list[tuple[int, int, bytes]], keep: float) -> None:
    data = bytearray(recording(how, 0.5))
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
