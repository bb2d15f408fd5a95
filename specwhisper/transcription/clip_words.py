"""When the words of a finished window were said, found out after the clock has stopped."""

from __future__ import annotations

from specwhisper.results import Decoded, Word
from specwhisper.transcription.alignment import align
from specwhisper.transcription.hearing import Heard
from specwhisper.transcription.model import Model
from specwhisper.transcription.words import timed_words


def words_of(
    main: Model, heard: Heard, decoded: Decoded, language: str, task: str, start: float
) -> tuple[Word, ...]:
    """The words of a window that was written without timestamps.

    Args:
        heard: the window; main reads the text once more with it, the encoder does not run again.
        decoded: what was written by main and its draft.
        start: of the window, in seconds from the beginning of the recording.
    """
    vocabulary = main.codec.vocabulary
    every = decoded.origins
    kept = [index for index, token in enumerate(decoded.tokens) if not vocabulary.is_special(token)]
    if not kept:
        return ()
    tokens = [decoded.tokens[index] for index in kept]
    aligned = align(main, heard, language, task, tokens, heard.sound)
    (timed,) = timed_words([tokens], [(0.0, heard.sound)], aligned, main.codec, language, silent_since=0.0)
    words, reached = [], 0
    for word in timed:
        reached += word.tokens
        origin = every[kept[reached - 1]]
        words.append(Word(start + word.start, start + word.end, word.text, word.probability, origin))
    return tuple(words)
