"""A recording of any length, window after window: each begins where the one before it ended.

Radford et al. 2022, sections 3.8 and 4.5. A window in which the model repeats itself, or is unsure, is tried
again; what was written before is told to the next window.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from specwhisper.audio.speech import Speech
from specwhisper.audio.waveform import SAMPLE_RATE
from specwhisper.audio.windows import WINDOW_SAMPLES
from specwhisper.results import Decoded, Origin, Segment, Word
from specwhisper.transcription.alignment import align
from specwhisper.transcription.attempts import Attempt, attempts
from specwhisper.transcription.hearing import Heard
from specwhisper.transcription.meter import Mode
from specwhisper.transcription.model import Model
from specwhisper.transcription.opening import Opening
from specwhisper.transcription.recording import Recording
from specwhisper.transcription.segments import Span, spans_of
from specwhisper.transcription.strategies import Writer
from specwhisper.transcription.words import timed_words
from specwhisper.vocabulary.specials import Vocabulary

_SLIVER = SAMPLE_RATE // 10  # samples: what is left before silence or the end holds no word
_FRAME = 0.02  # seconds: as finely as attention tells
_RESET = 0.5  # text of a higher temperature is no good example for the next window


@dataclass(frozen=True, slots=True)
class Part:
    """What came of one window.

    Attributes:
        segments: what was said, on the recording's clock.
        tries: every decode of it, the one that counts last.
        kept: indices of that one's tokens that stand in ``segments``.
    """

    segments: tuple[Segment, ...]
    tries: tuple[Decoded, ...]
    kept: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a walk is, and what it remembers; enough to go on from there.

    Attributes:
        at: where the next window begins, in samples of speech.
        windows: how many there were.
        written: what the next window is told.
        latest: where the last segment ended, on the recording's clock (s).
        word_ended: where the last word did.
        spoke_until: the same, in seconds of speech.
    """

    at: int = 0
    windows: int = 0
    written: tuple[int, ...] = ()
    latest: float = 0.0
    word_ended: float = 0.0
    spoke_until: float = 0.0


class Walk:
    """One mode's way through a recording.

    Args:
        main: the model whose text it is.
        writer: writes windows.
        mode: with or without the draft.
        speech: the recording.
        recording: options.
        temperature: of first tries.
        place: where to go on; None at the beginning.
    """

    def __init__(
        self,
        main: Model,
        writer: Writer,
        mode: Mode,
        speech: Speech,
        recording: Recording,
        *,
        task: str,
        temperature: float,
        place: Place | None = None,
    ) -> None:
        place = place or Place(written=_encoded(main, recording.initial_prompt))
        self._main = main
        self._writer = writer
        self._mode: Mode = mode
        self._speech = speech
        self._recording = recording
        self._task = task
        self._temperature = temperature
        self._hot = _encoded(main, recording.hotwords)
        self._windows = place.windows
        self._written = list(place.written)
        self._latest = place.latest
        self._word_ended = place.word_ended
        self._spoke_until = place.spoke_until
        self.at = place.at
        """Where the next window begins, in samples of speech."""

    @property
    def place(self) -> Place:
        """Where it is now."""
        room = self._main.context // 2  # more is never told
        return Place(
            self.at,
            self._windows,
            tuple(self._written[-room:]),
            self._latest,
            self._word_ended,
            self._spoke_until,
        )

    @property
    def finished(self) -> bool:
        return self.at >= len(self._speech)

    @property
    def window(self) -> np.ndarray:
        """The samples of the next window, at most 30 s."""
        return self._speech.take(self.at, self._speech.reach(self.at, WINDOW_SAMPLES))

    def step(self, heard: Heard, language: str, on_text: Callable[[str, float], None] | None = None) -> Part:
        """Write the next window.

        Args:
            heard: that window.
            on_text: told the window's text as it grows, and where it begins (s).
        """
        opening = Opening(language, self._task, timestamps=True, before=self._before())
        start = self.at / SAMPLE_RATE

        def on_cycle(tokens: Sequence[int]) -> None:
            assert on_text is not None
            on_text(self._main.codec.decode(tokens), self._speech.original(start))

        tries = attempts(
            self._writer,
            heard,
            self._mode,
            opening,
            self._recording,
            self._main.codec,
            window=self._windows,
            first=self._temperature,
            on_cycle=on_cycle if on_text else None,
        )
        return self._settle(tries, heard, language)

    def _settle(self, tries: Sequence[Attempt], heard: Heard, language: str) -> Part:
        last = tries[-1]
        decoded = tuple(attempt.decoded for attempt in tries)
        end = self._speech.reach(self.at, WINDOW_SAMPLES)
        length = end - self.at
        start = self.at / SAMPLE_RATE
        self._windows += 1
        if len(tries) == 1 and last.silent(self._recording):
            self.at = end
            return Part((), decoded)
        stamp = self._main.vocabulary.timestamp_begin
        spans, reached = spans_of(last.decoded.tokens, stamp, length / SAMPLE_RATE)
        self.at += min(round(reached * SAMPLE_RATE), length)
        if end - self.at < _SLIVER and self._speech.reach(self.at, WINDOW_SAMPLES) == end:
            self.at = end
        segments, kept = [], []
        for span in spans:
            segment = self._segment(span, start, last)
            if segment.text.strip() and segment.end > segment.start:
                segments.append(segment)
                kept.append(span)
                self._latest = segment.end
        self._remember(kept, last.temperature)
        if self._recording.timestamps == "word" and segments:
            segments = self._with_words(segments, kept, last.decoded, heard, language, start, length)
        indices = (index for span in kept for index in range(span.first, span.first + len(span.tokens)))
        return Part(tuple(segments), decoded, frozenset(indices))

    def _segment(self, span: Span, start: float, attempt: Attempt) -> Segment:
        """On the recording's clock, and never before the end of the one before it."""
        codec, vocabulary = self._main.codec, self._main.vocabulary
        begin, end = self._speech.interval(start + span.start, start + span.end)
        begin = max(begin, self._latest)
        return Segment(
            start=begin,
            end=max(end, begin),
            text=codec.decode(span.tokens),
            tokens=tuple(token for token in span.tokens if not vocabulary.is_special(token)),
            temperature=attempt.temperature,
            log_probability=attempt.log_probability,
            compression_ratio=attempt.compression_ratio,
            no_speech=attempt.no_speech,
        )

    def _with_words(
        self,
        segments: Sequence[Segment],
        spans: Sequence[Span],
        decoded: Decoded,
        heard: Heard,
        language: str,
        start: float,
        length: int,
    ) -> list[Segment]:
        """The segments with their words: each lasts from its first word to its last.

        Attention is finer than the timestamps that the model writes, but it knows nothing of silence that
        was left out: no word leaves the stretch of speech in which the model saw its segment.

        Args:
            start: of the window in what is speech (s).
            length: of the window, in samples.
        """
        codec, speech = self._main.codec, self._speech
        texts = [segment.tokens for segment in segments]
        tokens = [token for text in texts for token in text]
        aligned = align(self._main, heard, language, self._task, tokens, length / SAMPLE_RATE)
        origins = _origins(decoded, spans, codec.vocabulary)
        timed = timed_words(
            texts,
            [(span.start, span.end) for span in spans],
            aligned,
            codec,
            language,
            silent_since=self._spoke_until - start,
        )
        result, latest, reached = [], self._word_ended, 0
        for segment, words in zip(segments, timed, strict=True):
            own = []
            earliest, last = speech.around(segment.start, segment.end)
            for word in words:
                reached += word.tokens
                begin = max(min(max(speech.original(start + word.start), earliest), last), latest)
                latest = max(min(speech.original(start + word.end, ending=True), last), begin)
                own.append(Word(begin, latest, word.text, word.probability, origins[reached - 1]))
                self._spoke_until = start + word.end
            begin, end = (own[0].start, own[-1].end) if own else (segment.start, segment.end)
            if end <= begin:  # attention lost it: its words have no time of their own
                begin = max(segment.start, begin)
                latest = end = max(segment.end, begin + _FRAME)
            result.append(replace(segment, start=begin, end=end, words=tuple(own)))
        self._word_ended = latest
        self._latest = max(self._latest, latest)
        return result

    def _before(self) -> tuple[int, ...]:
        """What the next window is told: hot words, then as much of the text as fits into half the context."""
        room = self._main.context // 2 - 1
        hot = self._hot[: room // 2]
        return (*hot, *self._written[-(room - len(hot)) :])

    def _remember(self, spans: Sequence[Span], temperature: float) -> None:
        self._written += [token for span in spans for token in span.tokens]
        if not self._recording.condition_on_previous_text or temperature > _RESET:
            self._written.clear()


def _encoded(main: Model, text: str | None) -> tuple[int, ...]:
    return main.codec.encode(f" {text.strip()}") if text and text.strip() else ()


def _origins(decoded: Decoded, spans: Sequence[Span], vocabulary: Vocabulary) -> list[Origin]:
    """Who wrote each text token of those spans."""
    every = decoded.origins
    return [
        every[span.first + index]
        for span in spans
        for index, token in enumerate(span.tokens)
        if not vocabulary.is_special(token)
    ]
