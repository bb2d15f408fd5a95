"""Captions with other words: the same file, and in it other texts of some cues."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping

from specwhisper.captions.captions import Captions, laid_out, spliced
from specwhisper.captions.read import segments_of

NOTHING = "…"
"""Of a cue in which nothing is said: one without a text would be no cue."""

_OF_WORDS = ("words", "tokens", "pieces", "token_text")
"""What else there may be in JSON that tells of the old text."""


def rewritten(captions: Captions, texts: Mapping[int, str]) -> str:
    """The file with other texts; cues that are not named, all times and whatever else there is stay.

    Args:
        texts: by index of the cue.
    """
    changed = {number: text.strip() or NOTHING for number, text in sorted(texts.items())}
    if captions.form == "json":
        return _json(captions, changed)
    places = [captions.cues[number].place for number in changed]
    made = []
    for (start, end), text in zip(places, changed.values(), strict=True):
        before = captions.source[start:end]
        new = laid_out(text, before)
        made.append(html.escape(new, quote=False) if captions.form == "vtt" else new)
    return spliced(captions.source, places, made)


def _json(captions: Captions, changed: Mapping[int, str]) -> str:
    data = json.loads(captions.source)
    segments = segments_of(data)
    if segments is None:
        data["text"] = changed.get(0, data["text"])
        return json.dumps(data, ensure_ascii=False, indent=2) + "\n"
    for number, text in changed.items():
        segment = segments[captions.cues[number].place[0]]
        segment["text"] = f" {text}" if segment["text"].startswith(" ") else text
        for name in _OF_WORDS:
            segment.pop(name, None)
    if isinstance(data, dict) and changed:
        for name in _OF_WORDS:
            data.pop(name, None)
        if isinstance(data.get("text"), str):
            data["text"] = " ".join(segment["text"].strip() for segment in segments)
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"
