"""From a recording that was read to its transcripts."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import asdict, replace

from specwhisper.audio.activity import find_speech
from specwhisper.audio.speech import Speech, SpeechSpan
from specwhisper.audio.waveform import Waveform
from specwhisper.audio.windows import windows_of
from specwhisper.captions.captions import Captions
from specwhisper.decoding.drafters.agreement import Agreement
from specwhisper.decoding.lookahead import Lookahead, lookahead_from
from specwhisper.progress import part_of
from specwhisper.results import Seconds, Stats, Transcript
from specwhisper.transcription.assemble import assemble
from specwhisper.transcription.calls import Call
from specwhisper.transcription.doubts import doubts_about
from specwhisper.transcription.draft_text import DraftText
from specwhisper.transcription.engine import Engine
from specwhisper.transcription.job import Job
from specwhisper.transcription.journal import fingerprint
from specwhisper.transcription.journey import Journey, Outcome
from specwhisper.transcription.language import languages_from
from specwhisper.transcription.meter import Mode
from specwhisper.transcription.options import Options
from specwhisper.transcription.pauses import pause_windows
from specwhisper.transcription.tasks import Steps

_LOOKING = 0.05
"""Of a recording's progress: finding out where somebody speaks."""


class Writer(Engine):
    """An engine that writes recordings down: what all calls of a transcriber come to."""

    def _mode(self, options: Options, captions: Captions | None = None) -> Mode:
        """Whether somebody can propose: a draft, or a text that is known; not with beams."""
        if not options.speculative or options.beams > 1:
            return "greedy"
        helped = captions is not None and options.temperature == 0
        return "speculative" if helped or self._drafted(options) else "greedy"

    def _drafted(self, options: Options) -> bool:
        """Whether a draft can help; with drawn tokens only when it has main's tokens."""
        pairing = self.decoder.pairing
        return pairing is not None and (options.temperature == 0 or pairing.token_by_token)

    def agreement(self, options: Options, rows: int) -> Agreement:
        """How far a text may be trusted: to be learned anew for each recording."""
        if options.lookahead != "auto":  # nobody needs to know what passes cost
            return Agreement(None, options.lookahead, fixed=True)
        return Agreement(self.costs(rows, alone=True))

    def languages(self, options: Options) -> tuple[str | None, tuple[str, ...]]:
        """The language that was asked for, or the codes of those that it may be.

        Raises:
            OptionError: this model has no such language.
        """
        return languages_from(self.main.vocabulary, options.task, options.language, options.languages)

    def lookahead(self, options: Options, rows: int) -> Lookahead:
        """How far the draft writes ahead in one recording."""
        # Draws go by confidence alone: with costs, how many are made would depend on this machine, and a seed
        # would not repeat a text.
        auto = options.lookahead == "auto" and options.temperature == 0
        return lookahead_from(options.lookahead, self.costs(rows) if auto else None)()

    def _write(
        self,
        audio: Waveform,
        options: Options,
        modes: Sequence[Mode],
        language: str | None,
        among: Sequence[str],
        call: Call,
    ) -> dict[Mode, Transcript]:
        """Write the recording down in every mode."""
        began = self.clock()
        pauses = options.timed and options.windows == "pauses"
        spans: Sequence[SpeechSpan] | None = None
        turn = self.scheduler.between_steps
        looked = 0.0
        if pauses:
            spans = pause_windows(audio.samples, vad=options.vad, turn=turn)
        elif options.vad:
            looked = _LOOKING
            looking = part_of(call.report, 0.0, looked)
            spans = find_speech(
                audio.samples, on_progress=lambda done: looking(done, "Looking for speech"), turn=turn
            )
        speech = Speech(audio.samples, spans)
        seed = secrets.randbits(32) if options.seed is None else options.seed
        job: Job[dict[Mode, Outcome]] = Job(
            call.client, call.rows, call.exclusive, call.report, call.on_update, call.owner
        )
        drafted, proposes = self._drafted(options), "speculative" in modes and options.temperature == 0
        draft_text = None
        if call.captions and proposes:
            draft_text = DraftText(
                call.captions,
                self.main.codec,
                self.agreement(options, call.rows),
                timestamps=options.timed,
                seconds=audio.seconds,
            )
        journey = Journey(
            self.main,
            speech,
            options,
            language=language,
            among=among,
            lookaheads={
                mode: self.lookahead(options, call.rows) if mode == "speculative" and drafted else None
                for mode in modes
            },
            seed=seed,
            loading=Seconds(audio=audio.loading_seconds, other=self.clock() - began),
            duration=audio.seconds,
            report=part_of(job.report, looked, 1.0),
            on_update=job.tell if call.on_update else None,
            journal=call.journal,
            word_times=call.word_times,
            draft_text=draft_text,
            retries=self.agreement(options, call.rows) if proposes and options.fallback else None,
        )
        steps: Steps[dict[Mode, Outcome]]
        if not options.timed:
            steps = journey.fixed(windows_of(audio.samples))
        else:
            steps = journey.by_pauses(audio.samples, speech.stretches) if pauses else journey.by_timestamps()
        outcomes = self.scheduler.run(job, self.decoder, steps)
        return {
            mode: self._transcript(mode, outcome, audio, options, seed, by_text=draft_text is not None)
            for mode, outcome in outcomes.items()
        }

    def _transcript(
        self, mode: Mode, outcome: Outcome, audio: Waveform, options: Options, seed: int, *, by_text: bool
    ) -> Transcript:
        stats = Stats(
            mode=mode,
            main=self.main.name,
            draft=self.draft.name if self.draft and mode == "speculative" else None,
            precision=self.precision,
            device=str(self.device),
            cycles=tuple(cycle for part in outcome.parts for cycle in part.cycles),
            seconds=outcome.seconds,
            memory=self.memory,
            temperature=options.temperature,
            seed=seed if options.temperature > 0 else None,
            beams=options.beams,
            length_penalty=options.length_penalty,
            patience=options.patience,
            variants=self.variants,
            draft_text=by_text and mode == "speculative",
        )
        transcript = assemble(
            outcome.parts, self.main.codec, spoken=outcome.spoken, duration=audio.seconds, stats=stats
        )
        if outcome.stopped:
            return transcript
        doubts = doubts_about(
            transcript,
            audio,
            vad=options.vad,
            windows=[part.segments for part in outcome.parts],
            limit=options.compression_ratio_threshold,
        )
        ended = sum(any(each.looped for each in part.tries) for part in outcome.parts)
        if ended:
            windows = "a window" if ended == 1 else f"{ended} windows"
            doubts += (
                f"The text of {windows} repeated itself and was ended there, as was asked for: it may not be "
                "what the main model writes.",
            )
        return replace(transcript, warnings=doubts)

    def _fingerprint(
        self, audio: Waveform, options: Options, language: str | None, among: Sequence[str]
    ) -> str:
        """What a journal must agree with: all that the text depends on."""
        text = asdict(replace(options, language=language, languages=among))
        for name in ("speculative", "lookahead"):  # the text is the same
            if options.temperature == 0:
                del text[name]
        return fingerprint(audio.samples, {"main": self.main.name, "precision": self.precision, **text})
