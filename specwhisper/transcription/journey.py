"""One recording's way from sound to text, as a generator of tasks for the models.

Three plans say where the next window lies. *Timestamps*: each begins where the model says that the last
segment of the one before it ended (Radford et al. 2022, section 3.8). *Fixed*: every 30 s, without
timestamps. *Pauses*: the recording is cut where nobody speaks. The windows of the last two do not know of
each other, so they can be written together.

A comparison takes two ways at once, with and without the draft, over the same encoded windows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from specwhisper.audio.speech import Speech, SpeechSpan
from specwhisper.audio.waveform import SAMPLE_RATE
from specwhisper.audio.windows import Window, clock
from specwhisper.decoding.drafters.agreement import Agreement
from specwhisper.decoding.lookahead import Lookahead
from specwhisper.progress import OnProgress, StopTranscribing
from specwhisper.results import OnUpdate, Seconds, Update
from specwhisper.transcription.draft_text import DraftText
from specwhisper.transcription.fixed import fixed_window
from specwhisper.transcription.journal import Journal
from specwhisper.transcription.language import other_places
from specwhisper.transcription.meter import Meter, Mode
from specwhisper.transcription.options import Options
from specwhisper.transcription.tasks import (
    UNHEARD,
    Detected,
    DetectLanguage,
    Encode,
    EncodedWindow,
    Spoken,
    Steps,
    Together,
    WindowPrompt,
    WindowTask,
    WindowText,
)
from specwhisper.transcription.walk import Part, Place, TextSide, Walk, first_choice

MODES: dict[Mode, str] = {"greedy": "Main alone", "speculative": "Main with its draft"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a recording in one mode.

    Attributes:
        stopped: whether its end was not reached.
    """

    parts: tuple[Part, ...]
    spoken: Spoken
    seconds: Seconds
    stopped: bool = False


class Journey:
    """What the windows of one recording have in common.

    Args:
        text: main's text side.
        speech: what is worth listening to.
        options: what was asked for.
        language: of the recording, as Whisper's code; None where it has to be found out.
        among: codes to choose from then; all when empty.
        lookaheads: the ways to take; None for main alone, else how far the draft writes ahead. What a
            lookahead learns of a speaker holds in the next window, too.
        seed: of draws.
        loading: seconds spent on the recording before.
        duration: of the recording (s).
        report: told of progress.
        on_update: told of text as it grows and of segments as they are settled.
        journal: of a single way: what was finished earlier, and where to keep what is finished now.
        word_times: of a text without timestamps, when the words of the one with draft were said.
        draft_text: proposes where the mode is ``speculative``.
        retries: how far a window's further tries may trust the text of its first, in the same mode.
    """

    def __init__(
        self,
        text: TextSide,
        speech: Speech,
        options: Options,
        *,
        language: str | None,
        among: Sequence[str],
        lookaheads: Mapping[Mode, Lookahead | None],
        seed: int,
        loading: Seconds,
        duration: float,
        report: OnProgress,
        on_update: OnUpdate | None = None,
        journal: Journal | None = None,
        word_times: bool = False,
        draft_text: DraftText | None = None,
        retries: Agreement | None = None,
    ) -> None:
        self._text = text
        self._speech = speech
        self._options = options
        self._among = among
        self._spoken = Spoken(language, None) if language else None
        self._anew = options.language_per_window and language is None
        self._lookaheads = lookaheads
        self._seed = seed
        self._duration = duration
        self._report = report
        self._on_update = on_update
        self._journal = journal
        self._word_times = word_times
        self._draft_text = draft_text
        self._retries = retries
        self._meters = {mode: Meter(loading) for mode in lookaheads}
        self._parts: dict[Mode, list[Part]] = {mode: [] for mode in lookaheads}

    def by_timestamps(self) -> Steps[dict[Mode, Outcome]]:
        """From segment to segment, by the model's own timestamps."""
        journal = self._journal
        walks = {
            mode: Walk(
                self._text,
                self._speech,
                self._options,
                self._seed,
                lookahead,
                place=journal.place if journal else None,
                **self._texts(mode),
            )
            for mode, lookahead in self._lookaheads.items()
        }
        if journal and journal.parts:
            self._spoken = journal.spoken
            for mode, parts in self._parts.items():
                parts.extend(journal.parts)
                for part, encoded in zip(journal.parts, journal.encoded, strict=True):
                    self._meters[mode].add(encoded, part.cycles, other=part.other)
            segments = tuple(segment for part in journal.parts for segment in part.segments)
            self._tell(Update(segments, "", segments[-1].end if segments else 0.0, self._duration))
        stopped = False
        try:
            yield from self._walked(walks)
        except StopTranscribing:
            stopped = True
        self._report(1.0, "Stopped" if stopped else "Done")
        return self._outcomes(stopped)

    def _walked(self, walks: dict[Mode, Walk]) -> Steps[None]:
        """Step by step. Ways at the same place, as they are while their texts agree, share its encoding."""
        number = 0
        while waiting := [mode for mode, walk in walks.items() if not walk.finished]:
            at = min(walks[mode].at for mode in waiting)
            here = [mode for mode in waiting if walks[mode].at == at]
            done = at / len(self._speech)
            where = f" {clock(self._speech.original(at / SAMPLE_RATE))} of {clock(self._duration)}"
            self._report(done, f"Encoding audio:{where}")
            samples = walks[here[0]].window
            window, language, spent = yield from self._encoded(samples, here, (at, at + len(samples)))
            share = len(samples) / len(self._speech)
            for place, mode in enumerate(interleaved(here, number)):
                self._report(min(done + share * _stage(place, here), 1.0), f"{MODES[mode]}:{where}")
                walk = walks[mode]
                part = yield from walk.step(window, language, self._on_text if self._on_update else None)
                self._keep(mode, window, part, spent)
                self._parts[mode].append(part)
                if self._journal:
                    self._journal.append(part, window.seconds, walk.place, self._spoken or UNHEARD)
                reached = self._speech.original(walk.at / SAMPLE_RATE, ending=True)
                self._tell(Update(part.segments, "", reached, self._duration))
            number += 1

    def by_pauses(self, samples: np.ndarray, windows: Sequence[SpeechSpan]) -> Steps[dict[Mode, Outcome]]:
        """Windows cut at pauses, side by side.

        Args:
            samples: of the recording.
            windows: where they lie, each at most 30 s.
        """

        def one(number: int, stretch: SpeechSpan) -> Steps[Part]:
            (mode,) = self._lookaheads
            walk = Walk(
                self._text,
                Speech(samples, [stretch]),
                self._options,
                self._seed,
                self._lookaheads[mode],
                # What stands before the recording is told to its first window.
                place=Place(windows=number) if number else None,
                whole=True,
                **self._texts(mode),
            )
            here = self._speech.until(stretch.start), self._speech.until(stretch.end)
            window, language, spent = yield from self._encoded(walk.window, [mode], here)
            part = yield from walk.step(window, language)
            self._keep(mode, window, part, spent)
            self._report((number + 1) / len(windows), f"Window {number + 1} of {len(windows)} is written")
            return part

        return (yield from self._side_by_side([partial(one, *each) for each in enumerate(windows)]))

    def fixed(self, windows: Sequence[Window]) -> Steps[dict[Mode, Outcome]]:
        """Windows of 30 s, as they come; the text has no timestamps."""

        def one(number: int, window: Window) -> Steps[Part]:
            where = f" (window {number + 1} of {len(windows)})" if len(windows) > 1 else ""
            self._report(number / len(windows), f"Encoding audio{where}")
            part = Part(())
            if not self._speech.holds(window.start_sample, window.end_sample):
                return part
            here = self._speech.until(window.start_sample), self._speech.until(window.end_sample)
            modes = list(self._lookaheads)
            encoded, language, spent = yield from self._encoded(window.samples, modes, here)
            prompt = WindowPrompt(language, self._options.task)
            choice = first_choice(self._options, self._seed, number)
            for place, mode in enumerate(interleaved(modes, number)):
                self._report((number + _stage(place, modes)) / len(windows), f"{MODES[mode]}{where}")
                known = self._known(mode, *here)
                task = WindowTask(
                    encoded,
                    prompt,
                    choice,
                    self._lookaheads[mode],
                    number,
                    text=known,
                    stop_loops=self._options.stop_loops,
                )
                word_times = self._word_times and mode == "speculative"
                part = yield from fixed_window(
                    self._text, task, window.start_seconds, window.end_seconds, word_times=word_times
                )
                if self._draft_text and known:
                    self._draft_text.settled(known, len(part.tries[-1].tokens), here[1])
                self._keep(mode, encoded, part, spent)
                if len(modes) > 1:
                    self._parts[mode].append(part)
            return part

        steps = [partial(one, *each) for each in enumerate(windows)]
        if len(self._lookaheads) == 1:
            return (yield from self._side_by_side(steps))
        for step in steps:
            yield from step()
        self._report(1.0, "Done")
        return self._outcomes()

    def _side_by_side(self, steps: Sequence[Callable[[], Steps[Part]]]) -> Steps[dict[Mode, Outcome]]:
        """Windows that do not know of each other; the first one first, where the language is not known."""
        (mode,) = self._lookaheads
        parts = self._parts[mode]
        finished: dict[int, Part] = {}

        def one(number: int) -> Steps[None]:
            finished[number] = yield from steps[number]()
            while (following := len(parts)) in finished:  # they end in any order, and are told in theirs
                part = finished[following]
                parts.append(part)
                reached = part.segments[-1].end if part.segments else 0.0
                self._tell(Update(part.segments, "", reached, self._duration))

        stopped = False
        try:
            first = 0
            while first < len(steps) and self._spoken is None and not self._anew:
                yield from one(first)
                first += 1
            yield Together([one(number) for number in range(first, len(steps))])
        except StopTranscribing:
            stopped = True
        self._report(1.0, "Stopped" if stopped else "Done")
        return self._outcomes(stopped)

    def _encoded(
        self, samples: np.ndarray, modes: Sequence[Mode], kept: tuple[int, int]
    ) -> Steps[tuple[EncodedWindow, str, float]]:
        """A window, its language, and what finding that out cost (s).

        Args:
            kept: where what it has of the speech begins and ends, in samples of that.
        """
        draft = self._lookaheads.get("speculative") if "speculative" in modes else None
        # Fixed windows are padded as Whisper was trained, and as transformers pads them.
        blank = self._options.timed
        # Beside a text that proposes, the draft may not be needed: it hears a window when it is.
        later = draft is not None and self._draft_text is not None
        drafted = draft is not None and not later and draft.pays(len(samples) / SAMPLE_RATE)
        window: EncodedWindow = yield Encode(
            samples, drafted, blank, later, self._options.audio_context == "trimmed"
        )
        if self._spoken is not None and not self._anew:
            return window, self._spoken.code, 0.0
        # Where every window has its own language, others tell nothing about this one.
        places = partial(other_places, self._speech, *kept, len(samples))
        detected: Detected = yield DetectLanguage(window, self._among, tuple if self._anew else places, blank)
        self._spoken = self._spoken or detected.spoken
        return window, detected.spoken.code, detected.seconds

    def _texts(self, mode: Mode) -> dict[str, Any]:
        """What proposes beside a draft: main alone is not helped."""
        if mode != "speculative":
            return {}
        return {"draft_text": self._draft_text, "retries": self._retries}

    def _known(self, mode: Mode, start: int, stop: int) -> WindowText | None:
        if mode != "speculative" or self._draft_text is None:
            return None
        return self._draft_text.window(self._speech, start, stop)

    def _keep(self, mode: Mode, window: EncodedWindow, part: Part, spent: float) -> None:
        self._meters[mode].add(window.seconds, part.cycles, other=spent + part.other)

    def _on_text(self, text: str, start: float) -> None:
        self._tell(Update((), text.strip(), start, self._duration))

    def _tell(self, update: Update) -> None:
        if self._on_update:
            self._on_update(update)

    def _outcomes(self, stopped: bool = False) -> dict[Mode, Outcome]:
        spoken = self._spoken or UNHEARD
        return {
            mode: Outcome(tuple(parts), spoken, self._meters[mode].seconds(mode), stopped)
            for mode, parts in self._parts.items()
        }


def _stage(place: int, modes: Sequence[Mode]) -> float:
    """How much of a window is done when the way at that place begins: encoding counts as much as a way."""
    return (1 + place) / (1 + len(modes))


def interleaved(modes: Sequence[Mode], number: int) -> Sequence[Mode]:
    """The order of the ways in a window: changed every time, so that neither always finds the warm caches."""
    return modes if number % 2 == 0 else modes[::-1]
