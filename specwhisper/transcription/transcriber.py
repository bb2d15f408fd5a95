"""The facade: audio in, transcript or comparison out."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from specwhisper.audio.decode import AudioSource, load_audio
from specwhisper.audio.limits import DEFAULT_MAX_SECONDS
from specwhisper.audio.waveform import SAMPLE_RATE, Waveform
from specwhisper.audio.windows import WINDOW_SECONDS
from specwhisper.errors import OptionError
from specwhisper.progress import OnProgress, part_of, unwatched
from specwhisper.proofread import Proofread
from specwhisper.results import Comparison, OnUpdate, Speedup, Transcript, Update
from specwhisper.transcription.assemble import first_difference
from specwhisper.transcription.background import Background, stream
from specwhisper.transcription.calls import (
    BESIDE,
    AnyText,
    Call,
    check_call,
    check_recordings,
    only_known,
    without,
)
from specwhisper.transcription.job import Job
from specwhisper.transcription.journal import Journal
from specwhisper.transcription.live.update import PAUSE
from specwhisper.transcription.meter import Mode
from specwhisper.transcription.options import SWITCH, check_kind
from specwhisper.transcription.writer import Writer

if TYPE_CHECKING:
    from specwhisper.transcription.live.session import LiveSession


class Transcriber(Writer):
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
        draft_text: AnyText = None,
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
            draft_text: what somebody believes is said: a text, or the ``Path`` or bytes of a txt, srt, vtt,
                tsv or json file. It proposes before the draft does; whatever it says, the text is main's.
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
            draft_text=draft_text,
            on_progress=on_progress,
            on_update=on_update,
        )
        mode = self._mode(checked, call.captions)
        language, among = self.languages(checked)
        waveform = _loaded(audio, call.report, max_seconds, audio_track, strict)
        if journal is not None:
            call = replace(
                call, journal=Journal(Path(journal), self._fingerprint(waveform, checked, language, among))
            )
        return self._write(waveform, checked, (mode,), language, among, call)[mode]

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
        language, among = self.languages(checked)
        waveforms = []
        for number, audio in enumerate(recordings, 1):
            report(0.0, f"Reading recording {number} of {len(recordings)}")
            waveforms.append(_loaded(audio, unwatched, max_seconds, audio_track, strict))
        done = 0
        call = Call(unwatched, rows=asked.rows)

        def one(waveform: Waveform) -> Transcript:
            nonlocal done
            transcript = self._write(waveform, checked, (mode,), language, among, call)[mode]
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

    def proofread(
        self,
        audio: AudioSource | Waveform,
        captions: AnyText,
        *,
        on_progress: OnProgress | None = None,
        **options: Any,
    ) -> Proofread:
        """Check captions: which of their words main confirms, and what it would write instead of others.

        Main writes the recording down with the captions as a draft: the better they are, the faster it goes.

        Args:
            audio: as for :meth:`transcribe`.
            captions: a text, or the ``Path`` or bytes of a txt, srt, vtt, tsv or json file.
            on_progress: as for :meth:`transcribe`.
            options: further ones of :meth:`transcribe`, without ``timestamps``, ``draft_text`` and
                ``on_update``.

        Raises:
            AudioError, OptionError: as :meth:`transcribe`; also when the captions hold no words.
        """
        from specwhisper.transcription.proofreading import proofread_steps

        without(
            {
                "timestamps": "proofreading needs those of words",
                "draft_text": "the captions are the draft",
                "on_update": "the outcome is given as a whole",
            },
            options,
        )
        given = "" if captions is None else captions
        read = self._check({**options, "timestamps": "word", "draft_text": given}).captions
        assert read is not None, "a text was given"
        report = on_progress or unwatched
        reading = (
            options.pop("max_seconds", DEFAULT_MAX_SECONDS),
            options.pop("audio_track", None),
            options.pop("strict", False),
        )
        waveform = _loaded(audio, report, *reading)
        transcript = self.transcribe(
            waveform,
            max_seconds=None,
            draft_text=read,
            timestamps="word",
            on_progress=part_of(report, 0.0, 0.8),
            **options,
        )
        report(0.8, "Asking about differences")
        steps = proofread_steps(self.main, waveform, read, transcript, options.get("task", "transcribe"))
        job: Job[Proofread] = Job(options.get("client", ""))
        found = self.scheduler.run(job, self.decoder, steps)
        report(1.0, "Done")
        return found

    @only_known
    def live(
        self,
        *,
        language: str | None = None,
        languages: str | Sequence[str] = (),
        task: str = "transcribe",
        initial_prompt: str | None = None,
        hotwords: str | None = None,
        speculative: bool = True,
        lookahead: Any = "auto",
        audio_context: str = "full",
        pause: float | None = PAUSE,
        sample_rate: float = SAMPLE_RATE,
        client: str = "",
    ) -> LiveSession:
        """Begin to write down what is said while it is said.

        Args:
            pause: after so many seconds of silence all that was said is settled; None: only when
                ``commit`` is called.
            sample_rate: of the samples that will be fed (Hz).
            language, languages, task, initial_prompt, hotwords, speculative, lookahead, audio_context,
                client: as :meth:`transcribe`. The draft tells provisional text in any case.

        Returns:
            What takes sound (``feed``, ``close``) and, iterated over, tells provisional and settled text.

        Raises:
            OptionError: an option has no such value, or this model lacks it.
        """
        from specwhisper.transcription.live.begin import begin_live

        options, asked = check_call(
            {
                "language": language,
                "languages": languages,
                "task": task,
                "initial_prompt": initial_prompt,
                "hotwords": hotwords,
                "speculative": speculative,
                "lookahead": lookahead,
                "audio_context": audio_context,
            },
            client=client,
        )
        return begin_live(self, options, asked.client, pause, sample_rate)

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
        code, among = self.languages(options)
        waveform = _loaded(audio, asked.report, max_seconds, audio_track, strict)
        if waveform.seconds > WINDOW_SECONDS:
            options = replace(
                options,
                timestamps="segment" if timestamps is None else options.timestamps,
                vad=True if vad is None else options.vad,
            )
        modes: tuple[Mode, ...] = ("greedy", "speculative")
        call = replace(asked, exclusive=True, word_times=word_times)
        runs = self._write(waveform, options, modes, code, among, call)
        baseline, speculative = runs["greedy"], runs["speculative"]
        one, other = baseline.stats.seconds, speculative.stats.seconds
        return Comparison(
            baseline=baseline,
            speculative=speculative,
            first_difference=first_difference(baseline.tokens, speculative.tokens),
            speedup=Speedup(_ratio(one.decode, other.decode), _ratio(one.total, other.total)),
        )

    def _check(self, given: Mapping[str, Any]) -> Call:
        """See that :meth:`transcribe` would take these keywords; the call that they are.

        Raises:
            OptionError: it would not.
        """
        beside = {name: value for name, value in given.items() if name in BESIDE}
        options = {name: value for name, value in given.items() if name not in BESIDE}
        checked, call = check_call(options, **beside)
        self.languages(checked)
        return call


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
