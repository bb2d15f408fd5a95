"""Settled text with its times: segments that end where sentences do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from specwhisper.results import Segment, Word
from specwhisper.transcription.alignment import Aligned
from specwhisper.transcription.words import Timed, timed_words
from specwhisper.vocabulary.text import TextCodec

_STOPS = (".", "?", "!", "。", "？", "！", "…")
_TITLES = ("mr.", "mrs.", "ms.", "dr.", "st.", "prof.", "hr.", "mme.", "sr.")
_LONGEST = 8.0  # seconds of a segment, if no sentence ends before
_GAP = 1.0  # seconds of silence that end one, too


@dataclass(frozen=True, slots=True)
class TimedText:
    """The words of a window, on its own clock, and their tokens.

    Attributes:
        words: each with its own time; ``ends`` says after how many tokens it ends.
    """

    tokens: tuple[int, ...]
    words: tuple[Timed, ...]
    ends: tuple[int, ...]

    def until(self, word: int) -> int:
        """How many tokens the first so many words have."""
        return self.ends[word - 1] if word else 0


def timed_text(
    tokens: Sequence[int], aligned: Aligned, codec: TextCodec, language: str, sound: float
) -> TimedText:
    """Cut a window's text into words with times.

    Args:
        aligned: when its tokens were said.
        sound: length of the window (s).
    """
    (words,) = timed_words([tokens], [(0.0, sound)], aligned, codec, language, silent_since=0.0)
    ends, reached = [], 0
    for word in words:
        reached += word.tokens
        ends.append(reached)
    return TimedText(tuple(tokens), tuple(words), tuple(ends))


def ends_sentence(text: str) -> bool:
    """Whether a word is the last of a sentence."""
    word = text.strip().rstrip("\"'”’)]}")
    return word.endswith(_STOPS) and word.casefold() not in _TITLES


def segments(text: TimedText, words: int, start: float, earliest: float) -> tuple[Segment, ...]:
    """The first so many words of a window as segments.

    Args:
        start: of the window (s).
        earliest: no word begins before (s).
    """
    found: list[Segment] = []
    first = 0
    latest = earliest
    timed: list[Word] = []
    for index in range(words):
        word = text.words[index]
        begin = max(start + word.start, latest)
        latest = max(start + word.end, begin)
        timed.append(Word(begin, latest, word.text, word.probability))
        last = index + 1 == words
        gap = not last and start + text.words[index + 1].start - latest > _GAP
        long = latest - timed[0].start > _LONGEST
        if last or gap or long or ends_sentence(word.text):
            found.append(
                Segment(
                    start=timed[0].start,
                    end=max(latest, timed[0].start + 0.02),
                    text="".join(each.text for each in timed),
                    tokens=text.tokens[text.until(first) : text.until(index + 1)],
                    words=tuple(timed),
                )
            )
            first, timed = index + 1, []
    return tuple(found)
