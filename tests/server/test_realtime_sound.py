from __future__ import annotations

import base64

import numpy as np
import pytest

from specwhisper.errors import NotAudioError, OptionError
from specwhisper.server.realtime.sound import SoundFormat, g711


def test_pcm_is_16_bits_little_endian() -> None:
    sent = base64.b64encode(np.array([0, 16384, -32768], "<i2").tobytes()).decode()
    assert SoundFormat().samples(sent).tolist() == [0.0, 0.5, -1.0]


@pytest.mark.parametrize(("kind", "loudest"), (("audio/pcmu", 32124), ("audio/pcma", 32256)))
def test_g711_is_odd_monotonic_and_as_loud_as_it_says(kind: str, loudest: int) -> None:
    table = np.sort(g711(kind)) * 32768
    assert table.max() == loudest and table.min() == -loudest
    assert np.allclose(table, -table[::-1])


def test_known_bytes_of_g711() -> None:
    ulaw, alaw = g711("audio/pcmu") * 32768, g711("audio/pcma") * 32768
    assert [ulaw[byte] for byte in (0xFF, 0x7F, 0x80, 0x00)] == [0, 0, 32124, -32124]
    assert [alaw[byte] for byte in (0xD5, 0x55, 0xAA, 0x2A)] == [8, -8, 32256, -32256]


@pytest.mark.parametrize(
    ("given", "kind", "rate"),
    (
        ("pcm16", "audio/pcm", 24_000),
        ("g711_ulaw", "audio/pcmu", 8_000),
        ({"type": "audio/pcm", "rate": 16_000}, "audio/pcm", 16_000),
        ({"type": "audio/pcma"}, "audio/pcma", 8_000),
    ),
)
def test_formats(given: object, kind: str, rate: int) -> None:
    found = SoundFormat.of(given)
    assert (found.kind, found.rate) == (kind, rate)


@pytest.mark.parametrize(
    "given", ("mp3", 3, {"type": "audio/ogg"}, {"rate": 10}, {"rate": True}, {"rate": "x"})
)
def test_other_formats_are_refused(given: object) -> None:
    with pytest.raises(OptionError, match="choose"):
        SoundFormat.of(given)


@pytest.mark.parametrize("sent", (None, 3, "?", "AA=", "AAAA"))
def test_what_is_no_sound_is_refused(sent: object) -> None:
    with pytest.raises(NotAudioError):
        SoundFormat().samples(sent)
