"""A live session without its thread: sound is handed in, and whatever is due is done when it is asked to.

The sound since the last cut is one window, of at most 30 s, which main decodes anew every second or so. What
two decodes in a row agree on is settled, and so is everything where somebody pauses. Settled text is what the
next decode begins with, so it cannot change any more; what main wrote beyond it is the draft of the next
decode. Between main's decodes the draft model tells what it takes the newest sound for: provisional text.
When the window gets long it is cut after a settled sentence, and what was cut off gets its times.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from specwhisper.audio.activity import Turn
from specwhisper.audio.waveform import SAMPLE_RATE
from specwhisper.audio.windows import WINDOW_SAMPLES
from specwhisper.results import Segment
from specwhisper.transcription.live.agreement import (
    agreed,
    continued,
    tokens_of,
    unrepeated,
    words_with_marks,
)
from specwhisper.transcription.live.hypothesis import Drafts, Hypothesis, Window, guess, hypothesis, times
from specwhisper.transcription.live.meter import LiveMeter
from specwhisper.transcription.live.timing import TimedText, ends_sentence, segments, timed_text
from specwhisper.transcription.live.update import LiveUpdate
from specwhisper.transcription.live.voice import Voice
from specwhisper.transcription.tasks import Spoken, Steps
from specwhisper.transcription.walk import TextSide

_LEAST = 0.6  # seconds of sound that are worth a decode
_MARGIN = 0.5  # seconds kept before speech
_LONG = 20.0  # seconds of a window that is cut at the next settled sentence
_FULL = 27.0  # and wherever that can be done
_TAIL = 2.0  # seconds at the end of a full window that wait for more sound
_QUIET = 2.0  # seconds of silence after which a window is closed
_SURE = 4.0  # seconds of speech after which the language that main found stands
_CLOSES = 10.0  # seconds of a window that is closed where somebody pauses
_ROOM = 120  # tokens that are left for what is new, and for the language and the task
_TOLD = 223  # tokens of what was written before that a window is told, at most


@dataclass(frozen=True, slots=True)
class LiveModels:
    """Who is asked, and how.

    Attributes:
        main: whose text it is.
        draft: whose text is provisional; None: only main's own is.
        ask: runs a journey with main and its draft.
        ask_draft: the same with the draft alone.
        turn: entered for what needs the processors besides.
    """

    main: TextSide
    draft: TextSide | None
    ask: Callable[[Steps[Any]], Any]
    ask_draft: Callable[[Steps[Any]], Any]
    turn: Turn


@dataclass(frozen=True, slots=True)
class LiveOptions:
    """What was asked for.

    Attributes:
        language: Whisper's code; None where it has to be found out, among ``among``.
        prompt: what stands before the session, in main's ids.
        hotwords: told to every window, in main's ids.
        step: seconds of new sound after which main decodes again.
        glance: the same for the draft.
        pause: seconds of silence after which everything is settled; None: only when it is asked for.
        trimmed: main encodes no more than there is.
    """

    language: str | None
    among: tuple[str, ...]
    task: str
    prompt: tuple[int, ...] = ()
    hotwords: tuple[int, ...] = ()
    step: float = 1.0
    glance: float = 0.3
    pause: float | None = 0.6
    trimmed: bool = False


class LiveListener:
    """The state of one session. Not to be used by two threads at once.

    Args:
        drafts: who proposes to main; their text is set anew for each decode.
        voice: says where speech is; tests hand in another one.
    """

    def __init__(
        self, models: LiveModels, options: LiveOptions, drafts: Drafts, voice: Voice | None = None
    ) -> None:
        self._models = models
        self._options = options
        self._drafts = drafts
        self._codec = models.main.codec
        self._voice = voice or Voice(models.turn)
        self._spoken = Spoken(options.language, None) if options.language else None
        self._sure = options.language is not None
        self._samples = np.empty(0, np.float32)  # since the last cut
        self._start = 0  # the first of them, counted from the beginning
        self._before = list(options.prompt)
        self._written: list[int] = []  # settled tokens of the window
        self._latest: Hypothesis | None = None
        self._unsettled: tuple[int, ...] = ()  # what main wrote after them
        self._glanced = ""  # what the draft did
        self._decoded_at = self._glanced_at = 0  # how far the sound had got then
        self._open = False  # whether somebody has spoken since everything was settled
        self._settled_at = 0  # how far the sound had got then
        self._told_until = 0.0  # where the last segment ended (s)
        self.meter = LiveMeter()

    @property
    def spoken(self) -> Spoken | None:
        """The language, as far as it is known."""
        return self._spoken

    @property
    def seconds(self) -> float:
        """Of sound that was handed in."""
        return self._end / SAMPLE_RATE

    def hear(self, samples: np.ndarray) -> None:
        """More sound: mono float32 at 16 kHz, any number of samples."""
        self._voice.hear(samples)
        self._samples = np.concatenate([self._samples, samples])

    def work(self, *, hurried: bool = False) -> LiveUpdate | None:
        """Do the most urgent of what is due; None where nothing is.

        Args:
            hurried: more sound waits already: do only what cannot wait for it.
        """
        if not self._open:
            if self._voice.until <= self._settled_at:
                return self._rest()
            self._open = True
            return self._update("", began=max(self._voice.since, self._settled_at) / SAMPLE_RATE)
        pause = self._options.pause
        if pause is not None and self._end - self._voice.until >= pause * SAMPLE_RATE:
            return self.commit()
        if hurried and not self._full:
            return None
        new = (self._end - max(self._decoded_at, self._start)) / SAMPLE_RATE
        length = len(self._samples) / SAMPLE_RATE
        glance = (self._end - max(self._decoded_at, self._glanced_at, self._start)) / SAMPLE_RATE
        can_glance = length >= _LEAST and self._can_glance()
        if self._full or (new >= self._options.step and length >= _LEAST):
            behind = self._decoded_at >= self._glanced_at and not self._full
            return self._glance() if can_glance and behind else self._decode()
        return self._glance() if can_glance and glance >= self._options.glance else None

    def commit(self) -> LiveUpdate:
        """Settle all that was heard."""
        if self._voice.until <= self._settled_at:
            return self._update("", paused=self.seconds)
        self._open = False
        self._settled_at = self._end
        paused = min(self._voice.until, self._end) / SAMPLE_RATE
        parts = []
        while len(self._samples) > WINDOW_SAMPLES:
            parts.append(self._decode())
        found = self._ask(again=True)
        settled = self._settle(self._agreed(found) if found.looped else found.tokens, ())
        closes = len(self._samples) >= _CLOSES * SAMPLE_RATE
        parts.append(self._update(settled, segments=self._close() if closes else (), paused=paused))
        return _joined(parts)

    def finish(self) -> LiveUpdate:
        """Settle the rest, and give it its times."""
        done = [self.commit()] if self._voice.until > self._settled_at else []
        return _joined([*done, self._update("", segments=self._close())])

    def clear(self) -> LiveUpdate:
        """Forget the sound that was heard since the last cut or pause; what is settled stays."""
        told = self._close()
        self._drop(len(self._samples))
        self._unsettled, self._glanced = (), ""
        self._open = False
        self._settled_at = self._end
        return self._update("", segments=told)

    # ------------------------------------------------------------------------------------------------ sound

    @property
    def _end(self) -> int:
        return self._start + len(self._samples)

    @property
    def _full(self) -> bool:
        """Whether the window has to be cut: its sound or its text takes too much room."""
        return (
            len(self._samples) >= _FULL * SAMPLE_RATE or len(self._written) > self._models.main.context // 2
        )

    def _drop(self, samples: int) -> None:
        self._samples = self._samples[samples:].copy()
        self._start += samples
        self._latest = None

    def _rest(self) -> LiveUpdate | None:
        """Nobody speaks: let go of silence."""
        quiet = (self._end - max(self._voice.until, self._start)) / SAMPLE_RATE
        if self._written and quiet < _QUIET:
            return None
        told = self._close() if self._written else ()
        margin = int(_MARGIN * SAMPLE_RATE)
        if len(self._samples) > 2 * margin:
            self._drop(len(self._samples) - margin)
        return self._update("", segments=told) if told else None

    # ----------------------------------------------------------------------------------------------- models

    def _ask(self, *, again: bool = False) -> Hypothesis:
        """Main's text of the window."""
        text = self._provisional()
        drafts = replace(self._drafts, tokens=self._codec.encode(text)) if text else self._drafts
        window = Window(self._samples[:WINDOW_SAMPLES], self._told(), tuple(self._written))
        found: Hypothesis = self._models.ask(
            hypothesis(
                window,
                self._codec,
                self._options.task,
                self._spoken if self._sure else None,
                self._options.among,
                drafts,
                trimmed=self._options.trimmed,
                again=again,
            )
        )
        self._spoken = found.spoken
        self._sure = self._sure or len(window.samples) >= _SURE * SAMPLE_RATE
        self._latest = found
        self._decoded_at = self._start + len(window.samples)
        self.meter.decoded(found)
        return found

    def _decode(self) -> LiveUpdate:
        """Main once more, and what it agrees on with itself."""
        found = self._ask(again=self._full)
        told: tuple[Segment, ...] = ()
        settled = ""
        if not found.looped:
            settled = self._settle(self._agreed(found), found.tokens)
        if self._full or (len(self._samples) >= _LONG * SAMPLE_RATE and self._has_sentence()):
            more, told = self._cut(found)
            settled += more
        return self._update(settled, segments=told)

    def _glance(self) -> LiveUpdate:
        """What the draft takes the window for."""
        assert self._models.draft is not None and self._spoken is not None
        codec = self._models.draft.codec
        room = self._models.draft.context // 2 - 1
        before = codec.encode(self._codec.decode(self._told()))[-room:]
        written = codec.encode(self._codec.decode(self._written))
        window = Window(self._samples[-WINDOW_SAMPLES:], before, written)
        tokens = self._models.ask_draft(guess(window, self._options.task, self._spoken.code))
        self._glanced = unrepeated(codec.decode(tokens), self._codec.decode(self._written))
        self._glanced_at = self._end
        return self._update("")

    def _can_glance(self) -> bool:
        draft, spoken = self._models.draft, self._spoken
        if draft is None or spoken is None or not self._sure:
            return False
        vocabulary = draft.vocabulary
        if not vocabulary.multilingual:
            return spoken.code == "en" and self._options.task == "transcribe"
        return spoken.code in vocabulary.languages

    def _told(self) -> tuple[int, ...]:
        room = min(_TOLD, max(self._models.main.context - len(self._written) - _ROOM, 0))
        hot = self._options.hotwords[: room // 2]
        before = self._before[-(room - len(hot)) :] if room > len(hot) else []
        return (*hot, *before)

    # ------------------------------------------------------------------------------------------------- text

    def _agreed(self, found: Hypothesis) -> tuple[int, ...]:
        """The tokens of a hypothesis that agree with the one before it."""
        code = found.spoken.code
        earlier = words_with_marks(self._unsettled, self._codec, code)
        later = words_with_marks(found.tokens, self._codec, code)
        return found.tokens[: tokens_of(later[: agreed(earlier, later)])]

    def _settle(self, tokens: Sequence[int], hypothesis: Sequence[int]) -> str:
        """Take tokens for settled, and what follows them in the hypothesis for the next draft."""
        self._written += tokens
        self._unsettled = tuple(hypothesis[len(tokens) :])
        self._glanced = ""
        return self._codec.decode(tokens)

    def _provisional(self) -> str:
        """What follows the settled text, as far as anybody knows."""
        own = self._codec.decode(self._unsettled)
        if not self._glanced.strip():
            return own
        return continued(own, self._glanced) if own.strip() else self._glanced

    def _cut(self, found: Hypothesis) -> tuple[str, tuple[Segment, ...]]:
        """Shorten the window: what is settled and ends a sentence gets its times and leaves it."""
        full = self._full
        forced = () if found.looped else self._unsettled
        every = (*self._written, *forced) if full else tuple(self._written)
        if not every:
            if full:  # nothing to hold on to
                self._drop(len(self._samples) - int(_MARGIN * SAMPLE_RATE))
            return "", ()
        text = self._timed(found, every)
        settled = len(self._written)
        words = [at for at in range(1, len(text.words) + 1) if text.until(at) <= settled]
        more = ""
        if full and (not words or text.words[words[-1] - 1].end < _FULL / 2):
            # Main agrees with itself on little of it: what it wrote last stands.
            last = min(found.window.sound, len(self._samples) / SAMPLE_RATE) - _TAIL
            words = [at for at in range(1, len(text.words) + 1) if text.words[at - 1].end <= last] or [
                len(text.words)
            ]
            tokens = every[settled : text.until(words[-1])]
            more = self._settle(tokens, self._unsettled)
        at = next((at for at in reversed(words) if ends_sentence(text.words[at - 1].text)), None)
        if full and (at is None or text.words[at - 1].end < _TAIL):
            at = words[-1]
        if at is None:
            return more, ()
        until = text.words[at - 1].end
        if at < len(text.words):
            until = (until + max(text.words[at].start, until)) / 2
        return more, self._leave(text, at, max(until, _TAIL) if full else until)

    def _has_sentence(self) -> bool:
        assert self._spoken is not None, "something was written"
        words = words_with_marks(self._written, self._codec, self._spoken.code)
        return any(ends_sentence(word.text) for word in words)

    def _close(self) -> tuple[Segment, ...]:
        """Give all that is settled its times and begin a new window after it."""
        if not self._written:
            return ()
        window = self._latest or self._ask()
        text = self._timed(window, self._written)
        return self._leave(text, len(text.words), len(self._samples) / SAMPLE_RATE)

    def _leave(self, text: TimedText, words: int, until: float) -> tuple[Segment, ...]:
        """The first words of the window as segments; it begins after them now."""
        told = segments(text, words, self._start / SAMPLE_RATE, self._told_until)
        count = text.until(words)
        self._before = [*self._before, *self._written[:count]][-_TOLD:]
        self._written = self._written[count:]
        self._told_until = told[-1].end if told else self._told_until
        self._drop(min(int(until * SAMPLE_RATE), len(self._samples)))
        return told

    def _timed(self, found: Hypothesis, tokens: Sequence[int]) -> TimedText:
        code = found.spoken.code
        aligned = self._models.ask(times(found.window, code, self._options.task, tokens))
        self.meter.aligned(aligned.seconds)
        return timed_text(tokens, aligned, self._codec, code, found.window.sound)

    def _update(
        self,
        settled: str,
        *,
        segments: tuple[Segment, ...] = (),
        began: float | None = None,
        paused: float | None = None,
    ) -> LiveUpdate:
        return LiveUpdate(settled, self._provisional(), self.seconds, segments, began, paused)


def _joined(updates: Sequence[LiveUpdate]) -> LiveUpdate:
    """Several in a row as one."""
    last = updates[-1]
    return replace(
        last,
        settled="".join(each.settled for each in updates),
        segments=tuple(segment for each in updates for segment in each.segments),
        began=next((each.began for each in updates if each.began is not None), None),
        paused=next((each.paused for each in updates if each.paused is not None), None),
    )
