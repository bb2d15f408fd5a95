"""A text that somebody has of a recording, window by window: what main may be about to write in each."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import cache, lru_cache

from specwhisper.audio.speech import Speech
from specwhisper.audio.waveform import SAMPLE_RATE
from specwhisper.captions.captions import Captions, Cue
from specwhisper.captions.compare import key, unspaced
from specwhisper.decoding.drafters.agreement import Agreement
from specwhisper.decoding.drafters.known_text import Key, KnownText
from specwhisper.transcription.tasks import WindowText
from specwhisper.vocabulary.specials import TIMESTAMP_SECONDS
from specwhisper.vocabulary.text import TextCodec

_ABOUT = 1.0  # seconds by which the times of captions are off


class DraftText:
    """The text of one recording, for one way through it.

    Args:
        captions: with times, of which each window gets its own; or without, and main is followed through it.
        codec: main's.
        agreement: how far to trust it.
        timestamps: whether main writes them.
        seconds: length of the recording.
    """

    def __init__(
        self, captions: Captions, codec: TextCodec, agreement: Agreement, *, timestamps: bool, seconds: float
    ) -> None:
        self._captions = captions
        self._codec = codec
        self._agreement = agreement
        self._timestamps = timestamps
        self._seconds = seconds
        self._capitals = captions.text.isupper()  # as some captions are, and no transcript of main's
        self._whole = (
            None
            if captions.timed
            else known_text([token for cue in captions.cues for token in self._encoded(cue)], codec)
        )
        self._ends: dict[int, int] = {}  # where in the text windows ended, by the sample where they did

    def window(self, speech: Speech, start: int, stop: int) -> WindowText:
        """The text for the window from sample ``start`` to ``stop`` of what is speech."""
        first = speech.original(start / SAMPLE_RATE)
        if self._whole is not None:
            reached = self._ends.get(start)
            if reached is None:  # windows side by side: others are not written yet
                reached = round(len(self._whole.tokens) * first / self._seconds)
            return WindowText(self._whole, self._agreement, reached)
        last = speech.original(stop / SAMPLE_RATE, ending=True)
        cues = [cue for cue in self._captions.cues if _overlaps(cue, first - _ABOUT, last + _ABOUT)]
        tokens: list[int] = []
        begins = 0
        for cue in cues:
            assert cue.start is not None and cue.end is not None
            own = self._encoded(cue)
            if cue.start < first - _ABOUT:  # a part of it was in the window before
                begins = len(tokens) + round(len(own) * (first - cue.start) / max(cue.end - cue.start, 0.1))
                tokens += own
                continue
            stamps = [self._stamp(speech, start, at) for at in (cue.start, cue.end)]
            tokens += [stamps[0], *own, stamps[1]] if self._timestamps else own
        return WindowText(known_text(tokens, self._codec), self._agreement, begins)

    def settled(self, window: WindowText, tokens: int, at: int) -> None:
        """So many tokens of the window's text stand; the next begins at sample ``at`` of what is speech."""
        if self._whole is None:
            return
        written = [count for count, _ in window.trail]
        place = bisect_right(written, tokens) - 1
        self._ends[at] = window.trail[place][1] if place >= 0 else window.start

    def _encoded(self, cue: Cue) -> tuple[int, ...]:
        text = cue.text
        if self._capitals:
            text = re.sub(r"\bi\b", "I", text.lower())
        return self._codec.encode(text if unspaced(text) else f" {text}")

    def _stamp(self, speech: Speech, start: int, at: float) -> int:
        """The timestamp for a moment of the recording, in the window that begins at sample ``start``."""
        seconds = (speech.until(round(at * SAMPLE_RATE)) - start) / SAMPLE_RATE
        steps = round(min(max(seconds, 0.0), 30.0) / TIMESTAMP_SECONDS)
        return self._codec.vocabulary.timestamp_begin + steps


def again(tokens: tuple[int, ...], codec: TextCodec, agreement: Agreement) -> WindowText:
    """What a window's first try wrote, for its second."""
    return WindowText(known_text(tokens, codec), agreement)


def known_text(tokens: Sequence[int], codec: TextCodec) -> KnownText:
    """Tokens of a text that then ends."""
    return KnownText((*tokens, codec.vocabulary.end_of_text), key_of(codec), begins_word(codec))


@lru_cache(maxsize=8)
def key_of(codec: TextCodec) -> Key:
    """What tokens are compared by, as words are."""

    @cache
    def of_token(token: int) -> str:
        raw = codec.token_bytes(token)
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError:  # part of a character
            return raw.hex()
        return key(text)

    return of_token


def begins_word(codec: TextCodec) -> Callable[[int], bool]:
    """Whether a token begins a word: after a blank, or in a script that has none."""

    def begins(token: int) -> bool:
        raw = codec.token_bytes(token)
        return raw[:1] == b" " or raw[:1] >= b"\xe0"

    return begins


def _overlaps(cue: Cue, first: float, last: float) -> bool:
    assert cue.start is not None and cue.end is not None
    return cue.start < last and cue.end > first
