"""Formats without a header: nothing in the bytes says what they are, only the ending of the file's name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Demuxer(NamedTuple):
    """FFmpeg's name of a reader, and its options."""

    name: str
    options: Mapping[str, str] = MappingProxyType({})


_TELEPHONE = MappingProxyType({"sample_rate": "8000"})  # FFmpeg assumes 44,100 for want of better

_READERS: dict[str, tuple[str, ...]] = {
    "g722": ("g722", "722"),
    "g723_1": ("g723_1", "tco", "rco"),
    "g728": ("g728",),
    "g729": ("g729",),
    "gsm": ("gsm",),
    "sbc": ("sbc", "msbc"),
    "aptx": ("aptx",),
    "aptx_hd": ("aptxhd",),
    "sln": ("sln",),
}
_COMPANDED = {"al": "alaw", "alaw": "alaw", "ul": "mulaw", "ulaw": "mulaw"}

READERS: Mapping[str, Demuxer] = {
    **{ending: Demuxer(name) for name, endings in _READERS.items() for ending in endings},
    **{ending: Demuxer(name, _TELEPHONE) for ending, name in _COMPANDED.items()},
}
"""Ending, lower case and without its dot -> how to read it. Endings that more than one kind of file has
(``.raw``, ``.pcm``) and those whose rate nobody knows are not among them."""
