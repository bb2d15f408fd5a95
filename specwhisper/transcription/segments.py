"""From a window's tokens, timestamps among them, to segments, and to where the next window begins.

Radford et al. 2022, section 3.8: the audio goes on at the last timestamp that a segment ended with; a window
without a pair of them is done as a whole. Cf. ``transcribe`` of openai/whisper's transcribe.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from specwhisper.vocabulary.specials import TIMESTAMP_SECONDS


@dataclass(frozen=True, slots=True)
class Span:
    """Part of a window: seconds from its beginning, and tokens with their timestamps.

    Attributes:
        first: index of its first token in the window's text.
    """

    start: float
    end: float
    tokens: tuple[int, ...]
    first: int


def spans_of(
    tokens: Sequence[int], stamp: int, seconds: float, *, whole: bool = False
) -> tuple[list[Span], float]:
    """Cut a window's text at its timestamps.

    Args:
        tokens: what main wrote, end-of-text left out.
        stamp: id of ``<|0.00|>``; ids from there on are timestamps.
        seconds: length of the window; no span goes beyond it.
        whole: there is no next window to read the rest again: what is left makes a last span.

    Returns:
        The spans, in order and without overlap, and after how many seconds (above 0) the next window begins.
        What main wrote after the last pair of timestamps is in no span: the next window has it again.
    """

    def is_stamp(index: int) -> bool:
        return tokens[index] >= stamp

    def at(index: int) -> float:
        return min(max(tokens[index] - stamp, 0) * TIMESTAMP_SECONDS, seconds)

    pairs = [index for index in range(1, len(tokens)) if is_stamp(index - 1) and is_stamp(index)]
    closed = len(tokens) > 1 and is_stamp(len(tokens) - 1) and not is_stamp(len(tokens) - 2)
    if not pairs:
        stamps = [index for index in range(len(tokens)) if is_stamp(index)]
        start = at(stamps[0]) if stamps and stamps[0] == 0 else 0.0
        end = at(stamps[-1]) if stamps and tokens[stamps[-1]] > stamp and at(stamps[-1]) > start else seconds
        return [Span(start, end, tuple(tokens), 0)] if tokens else [], seconds
    spans, first = [], 0
    for cut in [*pairs, len(tokens)] if closed else pairs:
        spans.append(Span(at(first), at(cut - 1), tuple(tokens[first:cut]), first))
        first = cut
    if whole and first < len(tokens):
        spans.append(Span(at(first), seconds, tuple(tokens[first:]), first))
        return spans, seconds
    # Closed by a single timestamp, nothing was said after it; else the last segment was not finished.
    reached = seconds if closed else at(first - 1)
    return spans, reached if reached > 0 else seconds
