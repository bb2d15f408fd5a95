"""Names that people gave to files and the like, as printed: one short line, whatever they hold."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 200
"""Characters of a name in a message."""

_JOINERS = frozenset("\u200c\u200d")  # not printable, yet part of Persian words and of emoji
_SURROGATES = re.compile("[\ud800-\udfff]")


def legible(text: str) -> str:
    """The text on one line: line ends, terminal escapes and bytes that are no UTF-8 become "\\n", "\\xe9"."""
    if text.isprintable():
        return text
    return "".join(character if _harmless(character) else _escaped(character) for character in text)


def shortened(text: str, longest: int = LONGEST) -> str:
    """The text, cut where it is longer than ``longest`` characters."""
    return text if len(text) <= longest else f"{text[: longest - 3]}..."


def shown(name: str, longest: int = LONGEST) -> str:
    """A name for a message: :func:`legible` and :func:`shortened`."""
    return shortened(legible(name[: longest + 1]), longest)


def spelled(name: str) -> str:
    """A name for JSON: whole, and as it is, except that bytes which are not UTF-8 become "\\xe9".

    (Python holds such bytes as lone surrogates, which many readers of JSON refuse.)
    """
    return _SURROGATES.sub(lambda found: _escaped(found[0]), name)


def _harmless(character: str) -> bool:
    return character.isprintable() or character in _JOINERS or unicodedata.category(character) == "Zs"


def _escaped(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that the system's names hold and UTF-8 does not know
        return f"\\x{code - 0xDC00:02x}"
    return character.encode("unicode_escape").decode("ascii")
