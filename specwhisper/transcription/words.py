"""When each word of a window was said.

Attention tells where words are; it is vague about pauses, so words that last improbably long beside a pause
or a segment's border are cut. Cf. ``add_word_timestamps`` of openai/whisper's timing.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean, median

from specwhisper.transcription.alignment import Aligned
from specwhisper.vocabulary.text import TextCodec
from specwhisper.vocabulary.words import joined, words_of

_STOPS = ".。!！?？"
_LONGEST_USUAL = 0.7  # seconds: the median word is not taken for longer
_AGREE = 0.5  # seconds by which a word may stick out of its segment


@dataclass(frozen=True, slots=True)
class Timed:
    """A word on the window's clock; ``tokens`` of the window's text are its own."""

    text: str
    start: float
    end: float
    probability: float
    tokens: int


def timed_words(
    texts: Sequence[Sequence[int]],
    bounds: Sequence[tuple[float, float]],
    aligned: Aligned,
    codec: TextCodec,
    language: str,
    *,
    silent_since: float,
) -> list[list[Timed]]:
    """The words of each of a window's segments.

    Args:
        texts: text tokens, segment by segment.
        bounds: the segments' own start and end, seconds from the beginning of the window.
        aligned: times of all those tokens.
        silent_since: where speech ended before this window (0 or less).
    """
    words = _cut_at_stops(_raw([token for text in texts for token in text], aligned, codec, language))
    usual = _usual(words)
    merged = [_merged([words[index] for index in group]) for group in joined([word.text for word in words])]
    result: list[list[Timed]] = []
    at = 0
    for text, (start, end) in zip(texts, bounds, strict=True):
        own: list[Timed] = []
        taken = 0
        while at < len(merged) and taken < len(text):
            own.append(merged[at])
            taken += merged[at].tokens
            at += 1
        own = _fitted(own, start, end, usual, silent_since)
        silent_since = own[-1].end if own else silent_since
        result.append(own)
    return result


def _raw(tokens: Sequence[int], aligned: Aligned, codec: TextCodec, language: str) -> list[Timed]:
    words, first = [], 0
    for piece in words_of(tokens, codec, language):
        last = first + piece.tokens
        words.append(
            Timed(
                piece.text,
                aligned.starts[first],
                aligned.starts[last],
                fmean(aligned.probabilities[first:last]),
                piece.tokens,
            )
        )
        first = last
    return words


def _usual(words: Sequence[Timed]) -> float:
    """How long a word of this window usually lasts (s)."""
    durations = [word.end - word.start for word in words if word.end > word.start]
    return min(_LONGEST_USUAL, median(durations)) if durations else 0.0


def _cut_at_stops(words: list[Timed]) -> list[Timed]:
    """A mark that ends a sentence, or the word after it, does not last through the pause between them."""
    longest = 2 * _usual(words)
    cut = list(words)
    for index in range(1, len(cut)):
        word = cut[index]
        if longest and word.end - word.start > longest:
            if word.text in _STOPS:
                cut[index] = replace(word, end=word.start + longest)
            elif cut[index - 1].text in _STOPS:
                cut[index] = replace(word, start=word.end - longest)
    return cut


def _merged(words: Sequence[Timed]) -> Timed:
    """Times are those of the word itself, the one that is no mark."""
    body = next((word for word in words if any(map(str.isalnum, word.text))), words[0])
    return Timed(
        "".join(word.text for word in words),
        body.start,
        body.end,
        body.probability,
        sum(word.tokens for word in words),
    )


def _fitted(words: list[Timed], start: float, end: float, usual: float, silent_since: float) -> list[Timed]:
    """Words after a pause are cut to usual length, and the outer ones to their segment."""
    if not words:
        return words
    longest = 2 * usual
    first = words[0]
    stretched = first.end - first.start > longest
    if len(words) > 1:
        stretched = stretched or words[1].end - first.start > 2 * longest
    if first.end - silent_since > 4 * usual and stretched:
        if len(words) > 1 and words[1].end - words[1].start > longest:
            boundary = max(words[1].end / 2, words[1].end - longest)
            first = replace(first, end=boundary)
            words[1] = replace(words[1], start=boundary)
        first = replace(first, start=max(0.0, first.end - longest))
    if start < first.end and start - _AGREE > first.start:
        first = replace(first, start=max(0.0, min(first.end - usual, start)))
    words[0] = first
    last = words[-1]
    if end > last.start and end + _AGREE < last.end:
        words[-1] = replace(last, end=max(last.start + usual, end))
    return words
