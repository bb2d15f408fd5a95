"""The facade: audio in, transcript or comparison out."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import asdict, replace
from os import PathLike
from pathlib import Path
from typing import Any, Literal

import torch

from specwhisper.audio.decode import AudioSource, load_audio
from specwhisper.audio.limits import DEFAULT_MAX_SECONDS
from specwhisper.audio.waveform import Waveform
from specwhisper.audio.windows import WINDOW_SECONDS
from specwhisper.decoding.costs import Costs
from specwhisper.decoding.strategy import Strategy
from specwhisper.errors import OptionError
from specwhisper.models.device import GUARD_BANDS, clock_of
from specwhisper.models.footprint import network_bytes
from specwhisper.progress import OnProgress, unwatched
from specwhisper.results import Comparison, Cycle, Memory, Seconds, Speedup, Stats, Transcript, Update
from specwhisper.transcription.assemble import first_difference
from specwhisper.transcription.batch import transcribe_batch
from specwhisper.transcription.doubts import doubts_about
from specwhisper.transcription.drafting import Pairing
from specwhisper.transcription.economics import costs_of
from specwhisper.transcription.hearing import hear
from specwhisper.transcription.journal import Journal, fingerprint
from specwhisper.transcription.language import languages_from
from specwhisper.transcription.meter import Mode
from specwhisper.transcription.model import Model
from specwhisper.transcription.recording import Detail, Recording
from specwhisper.transcription.runs import OnUpdate, Run
from specwhisper.transcription.strategies import Request, mode_for
from specwhisper.transcription.stream import stream


class Transcriber:
    """A main model, optionally with a draft, on one device.

    Not thread-safe: the models' caches are reused from window to window, so one caller at a time (but see
    ``between_windows`` of :meth:`transcribe`).
    Build one with :func:`specwhisper.load`.
    """

    def __init__(self, pair: str, main: Model, draft: Model | None, precision: str) -> None:
        self.pair = pair
        self.main = main
        self.draft = draft
        self.precision = precision
        self.guard = 0.0 if main.network.exact_rows else GUARD_BANDS[precision]
        self.device = main.network.device
        self.clock = clock_of(self.device)
        self.pairing = Pairing(main, draft) if draft else None
        self.memory = _memory_of(main, draft)
        self._costs: dict[int, Costs] = {}

    def costs(self, rows: int = 1, *, anew: bool = False) -> Costs | None:
        """What a step costs here when ``rows`` clips share it; None without a draft.

        Args:
            anew: measured now. Otherwise it was measured when it was first asked for, maybe by an earlier
                process.
        """
        if self.draft is None:
            return None
        if anew or rows not in self._costs:
            with self.main.network.at_work():
                self._costs[rows] = costs_of(self.main, self.draft, rows, anew=anew)
        return self._costs[rows]

    def warm_up(self) -> None:
        """Let allocators, thread pools and kernels settle now rather than inside someone's first request."""
        network = self.main.network
        with network.at_work():
            if network.exact_rows:  # compiled passes are warm once they are there
                network.decoder.logits(torch.zeros(1, network.dims.d_model))
            else:
                hear(self.main, None, torch.zeros(16_000), self.clock)
                reader = self.main.unhearing(16_000)
                for width in range(1, 9):
                    reader.read([0] * width, 0)
        self.costs()
        if self.draft and self.draft.heads:
            self.draft.heads.of("en")  # the likeliest; others are made when they are needed

    def transcribe(
        self,
        audio: AudioSource | Waveform,
        *,
        language: str | None = None,
        task: str = "transcribe",
        speculative: bool = True,
        lookahead: int | Literal["auto"] = "auto",
        temperature: float = 0.0,
        seed: int | None = None,
        beams: int = 1,
        length_penalty: float = 1.0,
        patience: float = 1.0,
        timestamps: Detail = "segment",
        vad: bool = True,
        condition_on_previous_text: bool = True,
        initial_prompt: str | None = None,
        hotwords: str | None = None,
        fallback: bool = True,
        languages: str | Sequence[str] = (),
        language_per_window: bool = False,
        journal: str | PathLike[str] | None = None,
        max_seconds: float | None = DEFAULT_MAX_SECONDS,
        audio_track: int | None = None,
        strict: bool = False,
        on_progress: OnProgress | None = None,
        on_update: OnUpdate | None = None,
        between_windows: Callable[[], None] | None = None,
    ) -> Transcript:
        """Write down what is said.

        Args:
            audio: a file name, bytes, a binary file object, samples, or an already loaded waveform.
            language: code or English name; None detects it from the first 30 s of speech, and from other
                places where that leaves doubt.
            task: ``transcribe``, or ``translate`` (into English).
            speculative: False decodes with main alone; without a draft it always does.
            lookahead: ``auto``, or a fixed number of proposals per cycle.
            temperature: 0 writes what main finds likeliest; up to 2 draws from main's own distribution at
                that temperature, with the draft's help where it shares main's tokens, else without.
            seed: repeats the draws of an earlier call (its ``stats.seed``); None draws anew.
            beams: more than 1 searches with main alone (up to 8); not together with a temperature.
            length_penalty: of beams: a text's score is its log-probability / length ** length_penalty, as in
                ``transformers``.
            patience: of beams: round(beams x patience) finished texts are awaited, as in openai-whisper;
                above 1 searches longer and never finds a text of lower score.
            timestamps: ``segment`` or ``word`` times; ``none`` writes windows of 30 s without any.
            vad: leave out what holds no speech, so that silence and music give no text.
            condition_on_previous_text: each window goes on from the text of those before it.
            initial_prompt: stands before the recording as if it had been said: names, spelling, style.
            hotwords: words to expect, told to every window.
            fallback: try a window again, with some noise, where its text repeats itself or is unsure.
            languages: which ones it may be, where none is given: ``["en", "nl"]`` or ``"en,nl"``.
            language_per_window: find out anew which language each window is in, where none is given; the
                transcript's ``language`` is the first one's.
            journal: a file that keeps every finished window. A call that was stopped goes on from it, if it
                is made again with the same sound and options; remove it when you have the transcript.
            max_seconds: longer recordings are refused, before they are decoded whole; None takes any.
            audio_track: of a file with several, counted from 1; None takes the first with speech in it.
            strict: a file that breaks off before its end is refused; otherwise what is there is written down,
                and the transcript's ``warnings`` say so.
            on_progress: called with the fraction done and a short message.
            on_update: called with every :class:`~specwhisper.results.Update`; it may raise
                ``StopTranscribing``, and what has been settled by then is the transcript. Not with
                ``timestamps="none"``.
            between_windows: called where the models hold nothing of this call: another call of this
                transcriber may run its whole course there, in any thread.

        Raises:
            AudioError: the input cannot be heard.
            OptionError: an option has no such value, or this model lacks it.
        """
        strategy = Strategy(temperature, seed, beams, length_penalty, patience)
        recording = Recording(
            timestamps,
            vad,
            condition_on_previous_text,
            initial_prompt,
            hotwords,
            fallback=fallback,
            language_per_window=language_per_window,
        )
        mode = mode_for(strategy, self.pairing if speculative else None)
        request = Request(
            (mode,),
            language,
            task,
            lookahead,
            max_seconds,
            strategy,
            recording,
            languages,
            audio_track,
            strict,
        )
        if journal is not None and timestamps == "none":
            raise OptionError("A journal needs timestamps: ask for 'segment' or 'word'.")
        if on_update is not None and timestamps == "none":
            raise OptionError("Updates need timestamps: ask for 'segment' or 'word'.")
        report = on_progress or unwatched
        return self._run(audio, request, report, on_update, journal, between_windows)[mode]

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
            AudioError, OptionError: as :meth:`transcribe`, when the first update is asked for.
        """
        return stream(lambda tell: self.transcribe(audio, on_update=tell, **options))

    def transcribe_batch(
        self,
        audios: Sequence[AudioSource | Waveform],
        *,
        language: str | None = None,
        languages: str | Sequence[str] = (),
        task: str = "transcribe",
        speculative: bool = True,
        lookahead: int | Literal["auto"] = "auto",
        batch_size: int = 4,
        timestamps: Detail = "none",
        vad: bool = True,
        max_seconds: float | None = DEFAULT_MAX_SECONDS,
        audio_track: int | None = None,
        strict: bool = False,
        on_progress: OnProgress | None = None,
    ) -> list[Transcript]:
        """Write down several recordings together; each text is that of a batch of one.

        Without timestamps it is also that of ``transcribe(..., timestamps="none")``.

        A draft whose tokens are not main's (``base+tiny.en``) proposes bytes, clip by clip: such a pair keeps
        its speculation and takes one recording after the other, whatever the batch size. Without the draft
        (``speculative=False``) it goes through the batch as any other.

        All of them are read before anything is decoded, so a recording that cannot be heard stops the call
        at its start. To leave out such ones, load each with ``load_audio`` and hand in those that could be.

        Args:
            audios: as ``audio`` of :meth:`transcribe`; they may be of any length.
            language: of all of them; None detects it for each.
            languages: as :meth:`transcribe`.
            task, speculative, lookahead, max_seconds, audio_track, strict, on_progress: as
                :meth:`transcribe`.
            batch_size: windows decoded at a time (1 to 64). More costs memory, and time per window falls.
            timestamps, vad: as :meth:`transcribe`, without ``word``. Windows do not know of each other: a
                recording is cut at pauses, and nothing is tried again.

        Raises:
            AudioError, OptionError: as :meth:`transcribe`.
        """
        with self.main.network.at_work():
            return transcribe_batch(
                self,
                audios,
                language=language,
                languages=languages,
                task=task,
                speculative=speculative,
                lookahead=lookahead,
                batch_size=batch_size,
                timestamps=timestamps,
                vad=vad,
                max_seconds=max_seconds,
                audio_track=audio_track,
                strict=strict,
                on_progress=on_progress or unwatched,
            )

    def compare(
        self,
        audio: AudioSource | Waveform,
        *,
        language: str | None = None,
        languages: str | Sequence[str] = (),
        task: str = "transcribe",
        lookahead: int | Literal["auto"] = "auto",
        timestamps: Detail | None = None,
        vad: bool | None = None,
        word_times: bool = False,
        max_seconds: float | None = DEFAULT_MAX_SECONDS,
        audio_track: int | None = None,
        strict: bool = False,
        on_progress: OnProgress | None = None,
        between_windows: Callable[[], None] | None = None,
    ) -> Comparison:
        """Decode the same audio greedily and speculatively.

        A clip that fits into one window is compared as it is: no timestamps, nothing left out. A longer
        recording goes from segment to segment, its silence left out.

        Audio, features and main's encoder are run once and their time counts in both totals (it is the
        same work); only the speculative total carries the draft's encoder. Which decode goes first
        alternates from window to window, so that neither always finds the warm caches.

        Args:
            timestamps, vad: as :meth:`transcribe`; None decides by the length, as said above.
            word_times: also find out when the words of the transcript with draft were said, where its text
                has no timestamps. No stage's seconds include it.
            audio, language, languages, task, lookahead, max_seconds, audio_track, strict, on_progress,
                between_windows: as :meth:`transcribe`.

        Raises:
            AudioError, OptionError: as :meth:`transcribe`; also when the pair has no draft.
        """
        if self.draft is None:
            raise OptionError(
                f"There is nothing to compare: {self.pair!r} has no draft; choose a pair such as 'base+tiny'."
            )
        report = on_progress or unwatched
        report(0.0, "Reading the audio")
        if not isinstance(audio, Waveform):
            audio = load_audio(audio, max_seconds=max_seconds, audio_track=audio_track, strict=strict)
        long = audio.seconds > WINDOW_SECONDS
        recording = Recording(
            timestamps=("segment" if long else "none") if timestamps is None else timestamps,
            vad=long if vad is None else vad,
        )
        modes: tuple[Mode, ...] = ("greedy", "speculative")
        request = Request(
            modes,
            language,
            task,
            lookahead,
            max_seconds,
            Strategy(),
            recording,
            languages=languages,
            word_times=word_times,
        )
        runs = self._run(audio, request, report, between_windows=between_windows)
        baseline, speculative = runs["greedy"], runs["speculative"]
        one, other = baseline.stats.seconds, speculative.stats.seconds
        return Comparison(
            baseline=baseline,
            speculative=speculative,
            first_difference=first_difference(baseline.tokens, speculative.tokens),
            speedup=Speedup(_ratio(one.decode, other.decode), _ratio(one.total, other.total)),
        )

    def _run(
        self,
        audio: AudioSource | Waveform,
        request: Request,
        report: OnProgress,
        on_update: OnUpdate | None = None,
        journal: str | PathLike[str] | None = None,
        between_windows: Callable[[], None] | None = None,
    ) -> dict[Mode, Transcript]:
        """Decode the recording in every mode."""

        def rest() -> None:
            if between_windows:
                with self.main.network.at_ease():
                    between_windows()

        vocabulary = self.main.vocabulary
        language, among = languages_from(vocabulary, request.task, request.language, request.languages)
        report(0.0, "Reading the audio")
        if not isinstance(audio, Waveform):
            audio = load_audio(
                audio,
                max_seconds=request.max_seconds,
                audio_track=request.audio_track,
                strict=request.strict,
            )
        request = replace(request, language=language, languages=among)
        with self.main.network.at_work():
            run = Run(self, audio, request, report, rest)
            if request.recording.timestamps == "none":
                written = run.fixed()
            else:
                kept = None if journal is None else Journal(Path(journal), self._fingerprint(audio, request))
                written = run.walked(on_update, kept)
        if run.stopped:
            return written
        vad = request.recording.vad
        return {
            mode: replace(transcript, warnings=doubts_about(transcript, audio, vad=vad))
            for mode, transcript in written.items()
        }

    def _fingerprint(self, audio: Waveform, request: Request) -> str:
        """What a journal must agree with: all that the text depends on."""
        return fingerprint(
            audio.samples,
            {
                "main": self.main.name,
                "precision": self.precision,
                "language": request.language,
                "languages": request.languages,
                "task": request.task,
                "strategy": asdict(request.strategy),
                "recording": asdict(request.recording),
            },
        )

    def stats(self, mode: Mode, cycles: Sequence[Cycle], seconds: Seconds) -> Stats:
        return Stats(
            mode=mode,
            main=self.main.name,
            draft=self.draft.name if self.draft and mode == "speculative" else None,
            precision=self.precision,
            device=str(self.device),
            cycles=tuple(cycles),
            seconds=seconds,
            memory=self.memory,
            variants=self.main.network.variants,
        )


def _memory_of(main: Model, draft: Model | None) -> Memory:
    if draft is None:
        return Memory(network_bytes(main.network))
    shared = draft.network.encoder is main.network.encoder
    return Memory(network_bytes(main.network), network_bytes(draft.network, without_encoder=shared), shared)


def _ratio(baseline: float, speculative: float) -> float:
    return baseline / speculative if speculative else 1.0
