"""A window of fixed length, written without timestamps."""

from __future__ import annotations

from collections.abc import Sequence

from specwhisper.results import Decoded, Segment, Word, origin_of
from specwhisper.transcription.alignment import Aligned
from specwhisper.transcription.tasks import Align, EncodedWindow, Steps, WindowTask, Written
from specwhisper.transcription.walk import Part, TextSide
from specwhisper.transcription.words import timed_words


def fixed_window(
    text: TextSide, task: WindowTask, start: float, end: float, *, word_times: bool = False
) -> Steps[Part]:
    """Write one window; its text is one segment.

    Args:
        start, end: of the window, in seconds from the beginning of the recording.
        word_times: also find out when its words were said; no stage's seconds include it.
    """
    written: Written = yield task
    decoded = written.decoded
    if task.lookahead:
        task.lookahead.wrote(task.window.sound, len(decoded.tokens))
    vocabulary = text.vocabulary
    tokens = tuple(token for token in decoded.tokens if not vocabulary.is_special(token))
    if not tokens:
        return Part((), (decoded,), None, written.other)
    words: tuple[Word, ...] = ()
    if word_times:
        words = yield from _words(text, task, decoded, tokens, start)
    segment = Segment(start, end, text.codec.decode(decoded.tokens), tokens, words=words)
    return Part((segment,), (decoded,), None, written.other)


def _words(
    text: TextSide, task: WindowTask, decoded: Decoded, tokens: Sequence[int], start: float
) -> Steps[tuple[Word, ...]]:
    """Main reads the text once more with the window; the encoder does not run again."""
    window: EncodedWindow = task.window
    language = task.prompt.language
    aligned: Aligned = yield Align(window, language, task.prompt.task, tokens)
    (timed,) = timed_words([tokens], [(0.0, window.sound)], aligned, text.codec, language, silent_since=0.0)
    origins = [
        origin
        for token, origin in zip(decoded.tokens, decoded.origins, strict=False)
        if not text.vocabulary.is_special(token)
    ]
    words, reached = [], 0
    for word in timed:
        own = origins[reached : reached + word.tokens]
        reached += word.tokens
        begin, end = start + word.start, start + word.end
        words.append(Word(begin, end, word.text, word.probability, origin_of(own)))
    return tuple(words)
