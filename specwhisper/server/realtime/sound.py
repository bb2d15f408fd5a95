"""The sound formats of OpenAI's realtime API as samples."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from specwhisper.errors import NotAudioError, OptionError
from specwhisper.names import shown

_RATES = (8_000, 48_000)
_TELEPHONE = 8_000


@dataclass(frozen=True, slots=True)
class SoundFormat:
    """What a client sends.

    Attributes:
        kind: ``audio/pcm`` (16 bit, little-endian, one channel), ``audio/pcmu`` or ``audio/pcma`` (G.711).
        rate: samples per second.
    """

    kind: str = "audio/pcm"
    rate: int = 24_000

    @classmethod
    def of(cls, given: Any) -> SoundFormat:
        """From ``{"type": "audio/pcm", "rate": 24000}``, or the older ``"pcm16"``.

        Raises:
            OptionError: no such format.
        """
        if isinstance(given, str):
            older = {"pcm16": "audio/pcm", "g711_ulaw": "audio/pcmu", "g711_alaw": "audio/pcma"}
            given = {"type": older.get(given, given)}
        kind = given.get("type", "audio/pcm") if isinstance(given, dict) else given
        if kind not in ("audio/pcm", "audio/pcmu", "audio/pcma"):
            raise OptionError(
                f"There is no sound format {shown(repr(kind))}: choose audio/pcm, audio/pcmu or audio/pcma."
            )
        usual = 24_000 if kind == "audio/pcm" else _TELEPHONE
        rate = given.get("rate", usual)
        if not isinstance(rate, int) or isinstance(rate, bool) or not _RATES[0] <= rate <= _RATES[1]:
            raise OptionError(
                f"A rate of {shown(repr(rate))} samples per second is not possible: "
                f"choose {_RATES[0]} to {_RATES[1]}."
            )
        return cls(kind, rate)

    def to_dict(self) -> dict[str, Any]:
        """As it is told to clients."""
        return {"type": self.kind, "rate": self.rate} if self.kind == "audio/pcm" else {"type": self.kind}

    def samples(self, encoded: Any) -> np.ndarray:
        """Base64 to float32 between -1 and 1.

        Raises:
            NotAudioError: it is no base64, or no whole number of samples.
        """
        try:
            raw = base64.b64decode(encoded, validate=True)
        except (binascii.Error, TypeError, ValueError):
            raise NotAudioError("The field 'audio' is no base64: send the bytes encoded so.") from None
        if self.kind == "audio/pcm":
            if len(raw) % 2:
                raise NotAudioError("The sound holds half a sample: send whole samples of 16 bits.")
            return np.frombuffer(raw, "<i2").astype(np.float32) / 32768
        return g711(self.kind)[np.frombuffer(raw, np.uint8)]


@lru_cache(maxsize=2)
def g711(kind: str) -> np.ndarray:
    """The sample that each byte stands for (ITU-T G.711): float32 [256]."""
    code = np.arange(256)
    if kind == "audio/pcmu":
        code = ~code & 0xFF
        size = (((code & 0x0F) << 3) + 0x84 << ((code & 0x70) >> 4)) - 0x84
        positive = code & 0x80 == 0
    else:
        code = code ^ 0x55
        segment = (code & 0x70) >> 4
        size = ((code & 0x0F) << 4) + np.where(segment == 0, 8, 0x108)
        size = size << np.maximum(segment - 1, 0)
        positive = code & 0x80 != 0
    return (np.where(positive, size, -size) / 32768).astype(np.float32)
