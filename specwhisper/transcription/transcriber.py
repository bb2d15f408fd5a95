"""The facade: audio in, transcript or comparison out."""

from __future__ import annotations

import secrets
from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from os import PathLike
from pathlib import Path
from typing import Any

from specwhisper.audio.activity import find_speech
from specwhisper.audio.decode import AudioSource, load_audio
from specwhisper.audio.limits import DEFAULT_MAX_SECONDS
from specwhisper.audio.speech import Speech, SpeechSpan
from specwhisper.audio.waveform import Waveform
from specwhisper.audio.windows import WINDOW_SECONDS, windows_of
from specwhisper.decoding.lookahead import Lookahead, lookahead_from
from specwhisper.errors import OptionError
from specwhisper.progress import OnProgress, unwatched
from specwhisper.results import Comparison, Seconds, Speedup, Stats, Transcript, Update
from specwhisper.transcription.assemble import assemble, first_difference
from specwhisper.transcription.background import Background, stream
from specwhisper.transcription.calls import BESIDE, Call, check_call, check_recordings, only_known, without
from specwhisper.transcription.doubts import doubts_about
from specwhisper.transcription.engine import Engine
from specwhisper.transcription.job import Job
from specwhisper.transcription.journal import Journal, fingerprint
from specwhisper.transcription.journey import Journey, OnUpdate, Outcome
from specwhisper.transcription.language import languages_from
from specwhisper.transcription.meter import Mode
from specwhisper.transcription.options import SWITCH, Options, check_kind
from specwhisper.transcription.pauses import pause_windows
from specwhisper.transcription.tasks import Steps


class Transcriber(Engine):
    """A main model, optionally with a draft, on one device.

    Calls of several threads are decoded together, as far as the scheduler has rows.
    Build one with :func:`specwhisper.load`.
    """

    def transcribe(
        self,
        audio: AudioSource | Waveform,
        *,
        journal: str | PathLike[str] | None = None,
        max_seconds: float | None = DEFAULT_MAX_SECONDS,
        audio_track: int | None = None,
        strict: bool = False,
        client: str = "",
        batch_size: int = 1,
        on_progress: OnProgress | None = None,
        on_update: OnUpdate | None = None,
        **options: Any,
    ) -> Transcript:
        """Write down what is said.

        Args:
            audio: a file name, bytes, a binary file object, samples, or an already loaded waveform.
            journal: a file that keeps every finished window. A call that was stopped goes on from it, if it
                is made again with the same sound and options; remove it when you have the transcript.
            max_seconds: longer recordings are refused, before they are decoded whole; None takes any.
            audio_track: of a file with several, counted from 1; None takes the first with speech in it.
            strict: a file that breaks off before its end is refused; otherwise what is there is written down,
                and the transcript's ``warnings`` say so.
            client: who asks, where several do: they are served by turns.
            batch_size: windows decoded together (1 to 64), of this call and those of other threads.
            on_progress: called with the fraction done and a short message.
            on_update: called with every :class:`~specwhisper.results.Update`; it may raise
                ``StopTranscribing``, and what has been settled by then is the transcript. Not with
                ``timestamps="none"``.
            options: of :class:`~specwhisper.transcription.options.Options`, which explains them:
                ``language``, ``task``, ``timestamps``, ``speculative``, ``lookahead``, ``temperature``, ...

        Raises:
            AudioError: the input cannot be heard.
            OptionError: an option has no such value, or this model lacks it.
        """
        checked, call = check_call(
            options,
            journal=journal,
            max_seconds=max_seconds,
            audio_track=audio_track,
            strict=strict,
            client=client,
            batch_size=batch_size,
            on_progress=on_progress,
            on_update=on_update,
        )
        mode = self._mode(checked)
        language, among = self._languages(checked)
        waveform = _loaded(audio, call.report, max_seconds, audio_track, strict)
        if journal is not None:
            call = replace(
                call, journal=Journal(Path(journal), self._fingerprint(waveform, checked, language, among))
            )
        return self._run(waveform, checked, (mode,), language, among, call)[mode]

    def submit(self, audio: AudioSource | Waveform, **options: Any) -> Background[Update, Transcript]:
        """Begin to write down what is said, in the background.

        Args:
            audio, options: as for :meth:`transcribe`, without ``on_update`` and ``on_progress``.

        Returns:
            What gives ``updates()`` and the ``result()``, and can be cancelled.

        Raises:
            OptionError: as :meth:`transcribe`, at once.
        """
        without({"on_update": "updates() tells of text", "on_progress": "progress tells of it"}, options)
        self._check(options)
        timed = options.get("timestamps", "segment") != "none"
        return Background(
            lambda tell, on_progress: self.transcribe(
                audio, on_progress=on_progress, on_update=tell if timed else None, **options
            )
        )

    def stream(self, audio: AudioSource | Waveform, **options: Any) -> Generator[Update, None, Transcript]:
        """Write down what is said and tell of it while it is being verified.

        Nothing that was told as a segment is ever taken back. Whoever stops listening stops the work.

        Args:
            audio, options: as for :meth:`transcribe`, without ``on_update``.

        Yields:
            Updates: ``pending`` text as it grows, ``segments`` as they are settled.

        Returns:
            The transcript (the generator's own return value).

        Raises:
            OptionError: as :meth:`transcribe`, at once.
            AudioError: as :meth:`transcribe`, when the first update is asked for.
        """

        def call(tell: OnUpdate) -> Transcript:
            return self.transcribe(audio, on_update=tell, **options)

        without({"on_update": "the updates are what this gives"}, options)
        self._check({**options, "on_update": call})
        return stream(call)

    def transcribe_batch(
        self,
        audios: Sequence[AudioSource | Waveform],
        *,
        batch_size: int = 4,
        timestamps: str = "none",
        max_seconds: float | None = DEFAULT_MAX_SECONDS,
        audio_track: int | None = None,
        strict: bool = False,
        on_progress: OnProgress | None = None,
        **options: Any,
    ) -> list[Transcript]:
        """Write down several recordings together; each transcript is the one it would have alone.

        All of them are read before anything is decoded, so a recording that cannot be heard stops the call
        at its start. To leave out such ones, load each with ``load_audio`` and hand in those that could be.

        Args:
            audios: as ``audio`` of :meth:`transcribe`; they may be of any length.
            batch_size: windows decoded at a time (1 to 64). More costs memory, and time per window falls.
            timestamps: as :meth:`transcribe`, but without any unless asked for.
            max_seconds, audio_track, strict, on_progress, options: as :meth:`transcribe`.

        Raises:
            AudioError, OptionError: as :meth:`transcribe`.
        """
        checked, asked = check_call(
            {"timestamps": timestamps, **options},
            names=("batch_size", "max_seconds", "audio_track", "strict", "on_progress"),
            max_seconds=max_seconds,
            audio_track=audio_track,
            strict=strict,
            batch_size=batch_size,
            on_progress=on_progress,
        )
        recordings = check_recordings(audios)
        mode, report = self._mode(checked), asked.report
        language, among = self._languages(checked)
        waveforms = []
        for number, audio in enumerate(recordings, 1):
            report(0.0, f"Reading recording {number} of {len(recordings)}")
            waveforms.append(_loaded(audio, unwatched, max_seconds, audio_track, strict))
        done = 0
        call = Call(unwatched, rows=asked.rows)

        def one(waveform: Waveform) -> Transcript:
            nonlocal done
            transcript = self._run(waveform, checked, (mode,), language, among, call)[mode]
            done += 1
            return transcript

        transcripts: list[Transcript] = []
        with ThreadPoolExecutor(asked.rows, "batch") as threads:
            try:
                for transcript in threads.map(one, waveforms):
                    transcripts.append(transcript)
                    report(done / len(waveforms), f"{done} of {len(waveforms)} recordings are written")
            except BaseException:
                threads.shutdown(cancel_futures=True)
                raise
        report(1.0, "Done")
        return transcripts

    @only_known
    def compare(
        self,
        audio: AudioSource | Waveform,
        *,
        language: str | None = None,
        languages: str | Sequence[str] = (),
        task: str = "transcribe",
        lookahead: Any = "auto",
        timestamps: str | None = None,
        vad: bool | None = None,
        word_times: bool = False,
        max_seconds: float | None = DEFAULT_MAX_SECONDS,
        audio_track: int | None = None,
        strict: bool = False,
        client: str = "",
        on_progress: OnProgress | None = None,
    ) -> Comparison:
        """Decode the same audio greedily and speculatively.

        A clip that fits into one window is compared as it is: no timestamps, nothing left out. A longer
        recording goes from segment to segment, its silence left out.

        Audio, features and main's encoder are run once and their time counts in both totals (it is the
        same work); only the speculative total carries the draft's encoder. Which decode goes first
        alternates from window to window, so that neither always finds the warm caches. No window of another
        call is decoded beside one of these.

        Args:
            timestamps, vad: as :meth:`transcribe`; None decides by the length, as said above.
            word_times: also find out when the words of the transcript with draft were said, where its text
                has no timestamps. No stage's seconds include it.
            audio, language, languages, task, lookahead, max_seconds, audio_track, strict, client,
                on_progress: as :meth:`transcribe`.

        Raises:
            AudioError, OptionError: as :meth:`transcribe`; also when the pair has no draft.
        """
        if self.draft is None:
            raise OptionError(
                f"There is nothing to compare: {self.pair!r} has no draft; choose a pair such as 'base+tiny'."
            )
        check_kind("word_times", word_times, SWITCH)
        options, asked = check_call(
            {
                "language": language,
                "languages": languages,
                "task": task,
                "lookahead": lookahead,
                "timestamps": "none" if timestamps is None else timestamps,
                "vad": False if vad is None else vad,
            },
            max_seconds=max_seconds,
            audio_track=audio_track,
            strict=strict,
            client=client,
            on_progress=on_progress,
        )
        code, among = self._languages(options)
        waveform = _loaded(audio, asked.report, max_seconds, audio_track, strict)
        if waveform.seconds > WINDOW_SECONDS:
            options = replace(
                options,
                timestamps="segment" if timestamps is None else options.timestamps,
                vad=True if vad is None else options.vad,
            )
        modes: tuple[Mode, ...] = ("greedy", "speculative")
        call = replace(asked, exclusive=True, word_times=word_times)
        runs = self._run(waveform, options, modes, code, among, call)
        baseline, speculative = runs["greedy"], runs["speculative"]
        one, other = baseline.stats.seconds, speculative.stats.seconds
        return Comparison(
            baseline=baseline,
            speculative=speculative,
            first_difference=first_difference(baseline.tokens, speculative.tokens),
            speedup=Speedup(_ratio(one.decode, other.decode), _ratio(one.total, other.total)),
        )

    def _check(self, given: Mapping[str, Any]) -> None:
        """See that :meth:`transcribe` would take these keywords.

        Raises:
            OptionError: it would not.
        """
        beside = {name: value for name, value in given.items() if name in BESIDE}
        options = {name: value for name, value in given.items() if name not in BESIDE}
        self._languages(check_call(options, **beside)[0])

    def _mode(self, options: Options) -> Mode:
        """Whether a draft can help: not with beams, and with drawn tokens only when it has main's tokens."""
        pairing = self.decoder.pairing
        if not options.speculative or pairing is None or options.beams > 1:
            return "greedy"
        return "speculative" if options.temperature == 0 or pairing.token_by_token else "greedy"

    def _languages(self, options: Options) -> tuple[str | None, tuple[str, ...]]:
        return languages_from(self.main.vocabulary, options.task, options.language, options.languages)

    def _lookahead(self, options: Options, rows: int) -> Lookahead:
        # Draws go by confidence alone: with costs, how many are made would depend on this machine, and a seed
        # would not repeat a text.
        auto = options.lookahead == "auto" and options.temperature == 0
        return lookahead_from(options.lookahead, self.costs(rows) if auto else None)()

    def _run(
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
        if pauses:
            spans = pause_windows(audio.samples, vad=options.vad)
        elif options.vad:
            spans = find_speech(
                audio.samples, on_progress=lambda done: call.report(0.0, f"Looking for speech: {done:.0%}")
            )
        speech = Speech(audio.samples, spans)
        seed = secrets.randbits(32) if options.seed is None else options.seed
        job: Job[dict[Mode, Outcome]] = Job(call.client, call.rows, call.exclusive, call.owner)
        journey = Journey(
            self.main,
            speech,
            options,
            language=language,
            among=among,
            lookaheads={
                mode: self._lookahead(options, call.rows) if mode == "speculative" else None for mode in modes
            },
            seed=seed,
            loading=Seconds(audio=audio.loading_seconds, other=self.clock() - began),
            duration=audio.seconds,
            report=job.report,
            on_update=job.tell if call.on_update else None,
            journal=call.journal,
            word_times=call.word_times,
        )
        steps: Steps[dict[Mode, Outcome]]
        if not options.timed:
            steps = journey.fixed(windows_of(audio.samples))
        else:
            steps = journey.by_pauses(audio.samples, speech.stretches) if pauses else journey.by_timestamps()
        outcomes = self.scheduler.run(job, self.decoder, steps, call.report, call.on_update)
        return {
            mode: self._transcript(mode, outcome, audio, options, seed) for mode, outcome in outcomes.items()
        }

    def _transcript(
        self, mode: Mode, outcome: Outcome, audio: Waveform, options: Options, seed: int
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
            variants=self.main.network.variants,
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


def _loaded(
    audio: AudioSource | Waveform,
    report: OnProgress,
    max_seconds: float | None,
    audio_track: int | None,
    strict: bool,
) -> Waveform:
    report(0.0, "Reading the audio")
    if isinstance(audio, Waveform):
        return audio
    return load_audio(audio, max_seconds=max_seconds, audio_track=audio_track, strict=strict)


def _ratio(baseline: float, speculative: float) -> float:
    return baseline / speculative if speculative else 1.0
