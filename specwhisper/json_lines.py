"""Files of JSON lines, from whatever system they come."""

from __future__ import annotations

import json
import re

_LINE_END = re.compile("\r\n|\n|\r")  # not str.splitlines, which cuts strings at U+2028 and other characters


def json_lines(content: bytes) -> list[str]:
    """The lines, without their ends; a byte order mark is left aside and says which UTF it is.

    Raises:
        UnicodeDecodeError: it is not UTF-8, nor another UTF by its mark.
    """
    return _LINE_END.split(content.decode(json.detect_encoding(content)))
