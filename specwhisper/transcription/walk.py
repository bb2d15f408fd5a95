"""A recording of any length, window after window: each begins where the one before it ended.

Radford et al. 2022, sections 3.8 and 4.5. A window in which the model repeats itself, or is unsure, is tried
again; what was written before is told to the next window.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from specwhisper.audio.speech import Speech
from specwhisper.audio.waveform import SAMPLE_RATE
from specwhisper.audio.windows import WINDOW_SAMPLES
from specwhisper.decoding.drafters.agreement import Agreement
from specwhisper.decoding.lookahead import Lookahead
from specwhisper.results import Cycle, Decoded, Origin, Segment, Word, origin_of
from specwhisper.transcription.alignment import Aligned
from specwhisper.transcription.draft_text import DraftText
from specwhisper.transcription.fallback import Attempt, attempts
from specwhisper.transcription.options import Options
from specwhisper.transcription.segments import Span, spans_of
from specwhisper.transcription.tasks import (
    Align,
    Beams,
    Drawn,
    EncodedWindow,
    Likeliest,
    Steps,
    WindowPrompt,
    WindowTask,
)
from specwhisper.transcription.words import timed_words
from specwhisper.vocabulary.specials import Vocabulary
from specwhisper.vocabulary.text import TextCodec

_SLIVER = SAMPLE_RATE // 10  # samples: what is left before silence or the end holds no word
_FRAME = 0.02  # seconds: as finely as attention tells
_APART = 1_000_003  # a prime beyond any window's number, so that no two windows share a seed
_RESET = 0.5  # text of a higher temperature is no good example for the next window


class TextSide(Protocol):
    """What a journey needs of main: its text, and nothing of its network."""

    @property
    def codec(self) -> TextCodec: ...
    @property
    def vocabulary(self) -> Vocabulary: ...
    @property
    def context(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Part:
    """What came of one window.

    Attributes:
        segments: what was said, on the recording's clock.
        tries: every decode of it, the one that counts last.
        kept: indices of that one's tokens that stand in ``segments``; None for all.
        other: seconds spent on it beyond those of the cycles.
    """

    segments: tuple[Segment, ...]
    tries: tuple[Decoded, ...] = ()
    kept: frozenset[int] | None = frozenset()
    other: float = 0.0

    @property
    def cycles(self) -> tuple[Cycle, ...]:
        """Of every try."""
        return tuple(cycle for decoded in self.tries for cycle in decoded.cycles)


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
        text: main's text side.
        speech: the recording.
        options: what was asked for.
        seed: of draws. (The noise of further tries has the seed that was asked for, or 0.)
        lookahead: how far the draft writes ahead; None for main alone.
        place: where to go on; None at the beginning.
        whole: one window that is done as a whole, wherever its text ends.
        draft_text: what somebody believes is said.
        retries: how far a further try may trust the first one's text; None where nobody proposes.
    """

    def __init__(
        self,
        text: TextSide,
        speech: Speech,
        options: Options,
        seed: int,
        lookahead: Lookahead | None,
        *,
        place: Place | None = None,
        whole: bool = False,
        draft_text: DraftText | None = None,
        retries: Agreement | None = None,
    ) -> None:
        place = place or Place(written=encoded(text, options.initial_prompt))
        self._text = text
        self._speech = speech
        self._options = options
        self._seed = seed
        self._lookahead = lookahead
        self._whole = whole
        self._draft_text = draft_text
        self._retries = retries
        self._hot = encoded(text, options.hotwords)
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
        room = self._text.context // 2  # more is never told
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

    def step(
        self, window: EncodedWindow, language: str, on_text: Callable[[str, float], None] | None = None
    ) -> Steps[Part]:
        """Write the next window.

        Args:
            window: that window.
            on_text: told the window's text as it grows, and where it begins (s).
        """
        start = self._speech.original(self.at / SAMPLE_RATE)
        end = self._speech.reach(self.at, WINDOW_SAMPLES)

        def on_cycle(tokens: Sequence[int]) -> None:
            assert on_text is not None
            on_text(self._text.codec.decode(tokens), start)

        untold = WindowPrompt(language, self._options.task, timestamps=True, before=self._before(()))
        prompt = replace(untold, before=self._before(self._written))
        choice = first_choice(self._options, self._seed, self._windows)
        known = self._draft_text.window(self._speech, self.at, end) if self._draft_text else None
        task = WindowTask(
            window,
            prompt,
            choice,
            self._lookahead,
            self._windows,
            on_cycle if on_text else None,
            known,
            stop_loops=self._options.stop_loops,
        )
        tries = yield from attempts(
            task, self._options, self._text.codec, self._options.seed or 0, untold, self._retries
        )
        if self._lookahead:
            first = min(tries, key=lambda each: each.temperature)
            self._lookahead.wrote(window.sound, len(first.decoded.tokens))
        part = yield from self._settle(tries, window, language)
        if self._draft_text and known:
            self._draft_text.settled(known, max(part.kept or (), default=-1) + 1, self.at)
        return part

    def _settle(self, tries: Sequence[Attempt], window: EncodedWindow, language: str) -> Steps[Part]:
        last = tries[-1]
        decoded = tuple(attempt.decoded for attempt in tries)
        end = self._speech.reach(self.at, WINDOW_SAMPLES)
        length = end - self.at
        start = self.at / SAMPLE_RATE
        self._windows += 1
        other = sum(attempt.other for attempt in tries)
        if len(tries) == 1 and last.silent(self._options):
            self.at = end
            return Part((), decoded, other=other)
        stamp = self._text.vocabulary.timestamp_begin
        spans, reached = spans_of(last.decoded.tokens, stamp, length / SAMPLE_RATE, whole=self._whole)
        self.at += length if self._whole else min(round(reached * SAMPLE_RATE), length)
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
        if self._options.timestamps == "word" and segments:
            tokens = [token for segment in segments for token in segment.tokens]
            aligned: Aligned = yield Align(window, language, self._options.task, tokens)
            other += aligned.seconds
            segments = self._with_words(segments, kept, last.decoded, aligned, language, start)
        indices = (index for span in kept for index in range(span.first, span.first + len(span.tokens)))
        return Part(tuple(segments), decoded, frozenset(indices), other)

    def _segment(self, span: Span, start: float, attempt: Attempt) -> Segment:
        """On the recording's clock, and never before the end of the one before it."""
        codec, vocabulary = self._text.codec, self._text.vocabulary
        begin, end = self._speech.interval(start + span.start, start + span.end)
        begin = max(begin, self._latest)
        return Segment(
            start=begin,
            end=max(end, begin),
            text=codec.decode(span.tokens),
            tokens=tuple(token for token in span.tokens if not vocabulary.is_special(token)),
            temperature=attempt.temperature,
            log_probability=attempt.avg_logprob,
            compression_ratio=attempt.compression_ratio,
            no_speech=attempt.no_speech_prob,
        )

    def _with_words(
        self,
        segments: Sequence[Segment],
        spans: Sequence[Span],
        decoded: Decoded,
        aligned: Aligned,
        language: str,
        start: float,
    ) -> list[Segment]:
        """The segments with their words: each lasts from its first word to its last.

        Attention is finer than the timestamps that the model writes, but it knows nothing of silence that
        was left out: no word leaves the stretch of speech in which the model saw its segment.

        Args:
            aligned: when the tokens of the segments were said.
            start: of the window in what is speech (s).
        """
        codec, speech = self._text.codec, self._speech
        texts = [segment.tokens for segment in segments]
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
                wrote = origins[reached : reached + word.tokens]
                reached += word.tokens
                begin = max(min(max(speech.original(start + word.start), earliest), last), latest)
                latest = max(min(speech.original(start + word.end, ending=True), last), begin)
                own.append(Word(begin, latest, word.text, word.probability, origin_of(wrote)))
                self._spoke_until = start + word.end
            begin, end = (own[0].start, own[-1].end) if own else (segment.start, segment.end)
            if end <= begin:  # attention lost it: its words have no time of their own
                begin = max(segment.start, begin)
                latest = end = max(segment.end, begin + _FRAME)
            result.append(replace(segment, start=begin, end=end, words=tuple(own)))
        self._word_ended = latest
        self._latest = max(self._latest, latest)
        return result

    def _before(self, written: Sequence[int]) -> tuple[int, ...]:
        """What the next window is told: hot words, then as much of a text as fits into half the context."""
        room = self._text.context // 2 - 1
        hot = self._hot[: room // 2]
        return (*hot, *written[-(room - len(hot)) :])

    def _remember(self, spans: Sequence[Span], temperature: float) -> None:
        self._written += [token for span in spans for token in span.tokens]
        if not self._options.condition_on_previous_text or temperature > _RESET:
            self._written.clear()


def encoded(side: TextSide, text: str | None) -> tuple[int, ...]:
    """The tokens of a text that stands before the recording; none of an empty one."""
    return side.codec.encode(f" {text.strip()}") if text and text.strip() else ()


def first_choice(options: Options, seed: int, window: int) -> Likeliest | Drawn | Beams:
    """How main chooses its tokens in the first try at a window."""
    if options.beams > 1:
        return Beams(options.beams, options.length_penalty, options.patience)
    if options.temperature > 0:
        return Drawn(options.temperature, (seed * _APART + window) % 2**63)
    return Likeliest()


def _origins(decoded: Decoded, spans: Sequence[Span], vocabulary: Vocabulary) -> list[Origin]:
    """Who wrote each text token of those spans."""
    every = decoded.origins
    return [
        every[span.first + index]
        for span in spans
        for index, token in enumerate(span.tokens)
        if not vocabulary.is_special(token)
    ]
