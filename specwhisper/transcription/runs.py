"""One recording through one or two modes, in fixed windows or from segment to segment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np
import torch

from specwhisper.audio.activity import find_speech
from specwhisper.audio.speech import Speech
from specwhisper.audio.waveform import SAMPLE_RATE, Waveform
from specwhisper.audio.windows import clock, windows_of
from specwhisper.decoding.costs import Costs
from specwhisper.progress import OnProgress
from specwhisper.results import Cycle, Seconds, Stats, Transcript, Update
from specwhisper.transcription.assemble import Window, assemble, assemble_parts
from specwhisper.transcription.clip_words import words_of
from specwhisper.transcription.drafting import Pairing
from specwhisper.transcription.hearing import Heard, hear, heard_alone
from specwhisper.transcription.journal import Journal
from specwhisper.transcription.language import UNHEARD, Spoken, detect_language, other_places
from specwhisper.transcription.meter import Meter, Mode
from specwhisper.transcription.model import Model
from specwhisper.transcription.opening import Opening
from specwhisper.transcription.sequential import Part, Walk
from specwhisper.transcription.strategies import Request, Writer

OnUpdate = Callable[[Update], None]
WRITING: dict[Mode, str] = {"greedy": "Main writes alone", "speculative": "Draft proposes, main verifies"}


class StopTranscribing(Exception):  # noqa: N818 - a wish, not an error
    """Raised by an ``on_update``: enough; what has been written so far is the transcript."""


class Engine(Protocol):
    """The models at work, as a ``Transcriber`` holds them."""

    main: Model
    draft: Model | None
    pairing: Pairing | None
    guard: float
    clock: Callable[[], float]

    def costs(self, rows: int = 1) -> Costs | None: ...

    def stats(self, mode: Mode, cycles: Sequence[Cycle], seconds: Seconds) -> Stats: ...


class Run:
    """One call: what its windows have in common.

    Args:
        engine: the models.
        audio: the recording.
        request: what is asked for; its language, if any, is a code.
        report: told of progress.
        between_windows: called before every window but the first.
    """

    def __init__(
        self,
        engine: Engine,
        audio: Waveform,
        request: Request,
        report: OnProgress,
        between_windows: Callable[[], None],
    ) -> None:
        self._engine = engine
        self._audio = audio
        self._request = request
        self._report = report
        self._between_windows = between_windows
        self._spoken = Spoken(request.language, None) if request.language else None
        self.stopped = False
        """Whether the end of the recording was not reached."""
        self._anew = request.recording.language_per_window
        self._meters = {mode: Meter(audio.loading_seconds) for mode in request.modes}
        self._writer = Writer(
            engine.main,
            engine.pairing,
            request,
            guard=engine.guard,
            costs=engine.costs(),
            clock=engine.clock,
        )

    def fixed(self) -> dict[Mode, Transcript]:
        """Windows of 30 s, as they come; the text has no timestamps."""
        windows = windows_of(self._audio.samples)
        speech = self._speech()
        written: dict[Mode, list[Window]] = {mode: [] for mode in self._request.modes}
        for index, window in enumerate(windows):
            if index:
                self._between_windows()
            where = f" (window {index + 1} of {len(windows)})" if len(windows) > 1 else ""
            self._report(index / len(windows), f"Listening{where}")
            if not speech.holds(window.start_sample, window.end_sample):
                continue
            kept = speech.until(window.start_sample), speech.until(window.end_sample)
            heard, language, spent = self._hear(window.samples, self._request.modes, speech, kept)
            for mode in self._turns(index, self._request.modes):
                self._report((index + 0.5) / len(windows), f"{WRITING[mode]}{where}")
                began = self._engine.clock()
                decoded = self._writer.write(heard, mode, Opening(language, self._request.task), index)
                spent_here = spent + self._engine.clock() - began
                self._meters[mode].add(heard.seconds, decoded.cycles, other=spent_here)
                written[mode].append(Window(window.start_seconds, window.end_seconds, decoded))
            if self._request.word_times:
                last = written["speculative"][-1]
                words = words_of(
                    self._engine.main, heard, last.decoded, language, self._request.task, last.start
                )
                written["speculative"][-1] = replace(last, words=words)
        self._report(1.0, "Done")
        return {
            mode: assemble(
                windows,
                self._engine.main.codec,
                spoken=self._spoken or UNHEARD,
                duration=self._audio.seconds,
                stats=self._stats(mode, [cycle for window in windows for cycle in window.decoded.cycles]),
            )
            for mode, windows in written.items()
        }

    def walked(
        self, on_update: OnUpdate | None = None, journal: Journal | None = None
    ) -> dict[Mode, Transcript]:
        """From segment to segment, by the model's own timestamps.

        Args:
            on_update: told of text as it grows and of segments as they are settled.
            journal: of a single mode: what was finished earlier, and where to keep what is finished now.
        """
        speech = self._speech()
        walks = {
            mode: Walk(
                self._engine.main,
                self._writer,
                mode,
                speech,
                self._request.recording,
                task=self._request.task,
                temperature=self._request.strategy.temperature,
                place=journal.place if journal else None,
            )
            for mode in self._request.modes
        }
        parts: dict[Mode, list[Part]] = {mode: list(journal.parts) if journal else [] for mode in walks}
        if journal and journal.parts:
            self._spoken = journal.spoken
            if on_update:
                on_update(_earlier(journal, self._audio.seconds))
        try:
            self._walk(walks, parts, speech, on_update, journal)
        except StopTranscribing:
            self.stopped = True
            self._report(1.0, "Stopped")
        else:
            self._report(1.0, "Done")
        return {
            mode: assemble_parts(
                done,
                self._engine.main.codec,
                spoken=self._spoken or UNHEARD,
                duration=self._audio.seconds,
                stats=self._stats(
                    mode, [cycle for part in done for decoded in part.tries for cycle in decoded.cycles]
                ),
            )
            for mode, done in parts.items()
        }

    def _walk(
        self,
        walks: dict[Mode, Walk],
        parts: dict[Mode, list[Part]],
        speech: Speech,
        on_update: OnUpdate | None,
        journal: Journal | None,
    ) -> None:
        """Step by step. Modes at the same place, as they are while their texts agree, hear it together."""

        def on_text(text: str, start: float) -> None:
            assert on_update is not None
            on_update(Update((), text.strip(), start, self._audio.seconds))

        turn = 0
        while waiting := [mode for mode, walk in walks.items() if not walk.finished]:
            if turn:
                self._between_windows()
            at = min(walks[mode].at for mode in waiting)
            here = tuple(mode for mode in waiting if walks[mode].at == at)
            seconds = speech.original(at / SAMPLE_RATE)
            where = f" {clock(seconds)} of {clock(self._audio.seconds)}"
            self._report(at / len(speech), f"Listening at{where}")
            samples = walks[here[0]].window
            heard, language, spent = self._hear(samples, here, speech, (at, at + len(samples)))
            for mode in self._turns(turn, here):
                self._report(at / len(speech), f"{WRITING[mode]}:{where}")
                began = self._engine.clock()
                part = walks[mode].step(heard, language, on_text if on_update else None)
                parts[mode].append(part)
                cycles = [cycle for decoded in part.tries for cycle in decoded.cycles]
                other = spent + self._engine.clock() - began
                self._meters[mode].add(heard.seconds, cycles, other=other)
                if journal:
                    journal.append(part, walks[mode].place, self._spoken or UNHEARD)
                if on_update:
                    reached = speech.original(walks[mode].at / SAMPLE_RATE, ending=True)
                    on_update(Update(part.segments, "", reached, self._audio.seconds))
            turn += 1

    def _speech(self) -> Speech:
        """What is worth hearing."""
        samples = self._audio.samples
        if not self._request.recording.vad:
            return Speech(samples)
        began = self._engine.clock()
        found = find_speech(
            samples, on_progress=lambda done: self._report(0.0, f"Looking for speech: {done:.0%}")
        )
        spent = self._engine.clock() - began
        for meter in self._meters.values():
            meter.share(spent)
        return Speech(samples, found)

    def _hear(
        self, samples: np.ndarray, modes: Sequence[Mode], speech: Speech, kept: tuple[int, int]
    ) -> tuple[Heard, str, float]:
        """A window, its language, and what finding that out cost (s).

        Args:
            kept: where what it has of ``speech`` begins and ends, in samples of that.
        """
        engine = self._engine
        asked = "speculative" in modes and self._writer.drafts(len(samples) / SAMPLE_RATE)
        draft = engine.draft if asked else None
        # Fixed windows are heard as Whisper was trained, and as transformers hears them.
        blank = self._request.recording.timestamps != "none"
        heard = hear(engine.main, draft, torch.from_numpy(samples), engine.clock, blank=blank)
        began = engine.clock()
        spoken = self._spoken
        if spoken is None or (self._anew and self._request.language is None):
            # Where every window has its own language, others tell nothing about this one.
            places = [] if self._anew else other_places(speech, *kept, len(samples))
            further = heard_alone(engine.main, places, engine.clock, blank=blank)
            spoken = detect_language(heard.main, engine.main.vocabulary, self._request.languages, further)
        self._spoken = self._spoken or spoken
        return heard, spoken.code, engine.clock() - began

    def _turns(self, number: int, modes: Sequence[Mode]) -> Sequence[Mode]:
        """Turn and turn about, so that neither mode always finds the warm caches."""
        return modes if number % 2 == 0 else modes[::-1]

    def _stats(self, mode: Mode, cycles: Sequence[Cycle]) -> Stats:
        strategy = self._request.strategy
        return replace(
            self._engine.stats(mode, cycles, self._meters[mode].seconds(mode)),
            temperature=strategy.temperature,
            seed=self._writer.seed if strategy.temperature > 0 else None,
            beams=strategy.beams,
            length_penalty=strategy.length_penalty,
            patience=strategy.patience,
        )


def _earlier(journal: Journal, duration: float) -> Update:
    segments = tuple(segment for part in journal.parts for segment in part.segments)
    return Update(segments, "", segments[-1].end if segments else 0.0, duration)
