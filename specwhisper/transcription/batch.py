"""Several recordings together: the windows of all of them go through one continuous batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

import torch

from specwhisper.audio.decode import AudioSource, load_audio
from specwhisper.audio.speech import Speech
from specwhisper.audio.waveform import Waveform
from specwhisper.audio.windows import Window as Stretch
from specwhisper.decoding.batch import Clip, decode_batch
from specwhisper.decoding.lookahead import Lookahead, lookahead_from
from specwhisper.decoding.strategy import Strategy, check_batch
from specwhisper.errors import OptionError
from specwhisper.progress import OnProgress, part_of
from specwhisper.results import Cycle, Decoded, Seconds, Segment, Stats, Transcript
from specwhisper.transcription.assemble import Window, assemble, assemble_parts
from specwhisper.transcription.batch_windows import batch_windows
from specwhisper.transcription.doubts import doubts_about
from specwhisper.transcription.hearing import hear, heard_alone
from specwhisper.transcription.language import (
    UNHEARD,
    Spoken,
    detect_language,
    languages_from,
    other_places,
)
from specwhisper.transcription.meter import Meter, Mode
from specwhisper.transcription.model import Model
from specwhisper.transcription.opening import Opening
from specwhisper.transcription.recording import Detail, Recording
from specwhisper.transcription.runs import Engine
from specwhisper.transcription.segments import spans_of
from specwhisper.transcription.sequential import Part
from specwhisper.vocabulary.text import TextCodec


class BatchEngine(Engine, Protocol):
    """An engine that can also take a recording by itself."""

    def transcribe(
        self,
        audio: AudioSource | Waveform,
        *,
        language: str | None,
        languages: Sequence[str],
        task: str,
        speculative: bool,
        lookahead: int | Literal["auto"],
        timestamps: Detail,
        vad: bool,
        on_progress: OnProgress,
    ) -> Transcript: ...


@dataclass
class _Recording:
    """A recording on its way through the batch."""

    audio: Waveform
    stretches: list[Stretch]
    speech: Speech
    spoken: Spoken | None
    meter: Meter
    written: dict[int, Decoded] = field(default_factory=dict)  # by index; they finish in any order

    @property
    def decoded(self) -> list[tuple[Stretch, Decoded]]:
        return [(stretch, self.written[index]) for index, stretch in enumerate(self.stretches)]

    @property
    def cycles(self) -> list[Cycle]:
        return [cycle for _, decoded in self.decoded for cycle in decoded.cycles]


@dataclass(frozen=True, slots=True)
class _Job:
    """One window of one recording, and what was spent on it before decoding."""

    recording: _Recording
    index: int
    heard: Seconds
    detecting: float


def transcribe_batch(
    engine: BatchEngine,
    audios: Sequence[AudioSource | Waveform],
    *,
    language: str | None,
    languages: str | Sequence[str],
    task: str,
    speculative: bool,
    lookahead: int | Literal["auto"],
    batch_size: int,
    timestamps: Detail,
    vad: bool,
    max_seconds: float | None,
    audio_track: int | None,
    strict: bool,
    on_progress: OnProgress,
) -> list[Transcript]:
    """See ``Transcriber.transcribe_batch``.

    The seconds of a transcript are its own for hearing, its rows' share of every pass, and a share by
    windows of what is left; together those of all transcripts are the wall time of the call.
    """
    lookahead_from(lookahead)  # refused now rather than after the audio was read
    if timestamps == "word":
        raise OptionError("Word times need one recording at a time: leave the batch size at 1.")
    Recording(timestamps)  # refuses what does not exist
    if isinstance(audios, str | bytes):
        raise OptionError("A batch is a list of recordings: put a single one into a list.")
    check_batch(batch_size, Strategy())
    code, among = languages_from(engine.main.vocabulary, task, language, languages)
    waveforms = []
    for number, audio in enumerate(audios, 1):
        on_progress(0.0, f"Reading recording {number} of {len(audios)}")
        if not isinstance(audio, Waveform):
            audio = load_audio(audio, max_seconds=max_seconds, audio_track=audio_track, strict=strict)
        waveforms.append(audio)
    mode: Mode = "speculative" if speculative and engine.draft else "greedy"
    if mode == "speculative" and engine.pairing and not engine.pairing.token_by_token:
        # The proposals of such a draft travel as bytes and are cut anew for each clip: rather no batch
        # than no draft.
        return _one_by_one(engine, waveforms, code, among, task, lookahead, timestamps, vad, on_progress)
    recordings = []
    for number, audio in enumerate(waveforms, 1):
        on_progress(0.0, f"Looking for speech in recording {number} of {len(waveforms)}")
        meter, began = Meter(audio.loading_seconds), engine.clock()
        stretches, speech = batch_windows(audio.samples, timed=timestamps != "none", vad=vad)
        meter.share(engine.clock() - began)
        spoken = Spoken(code, None) if code else None
        recordings.append(_Recording(audio, stretches, speech, spoken, meter))
    _decode(engine, recordings, mode, task, among, lookahead, batch_size, timestamps != "none", on_progress)
    on_progress(1.0, "Done")
    join = _timed if timestamps != "none" else _untimed
    transcripts = [
        join(
            recording,
            engine.main.codec,
            engine.stats(mode, recording.cycles, recording.meter.seconds(mode)),
        )
        for recording in recordings
    ]
    return [
        replace(transcript, warnings=doubts_about(transcript, recording.audio, vad=vad))
        for transcript, recording in zip(transcripts, recordings, strict=True)
    ]


def _one_by_one(
    engine: BatchEngine,
    waveforms: Sequence[Waveform],
    language: str | None,
    languages: Sequence[str],
    task: str,
    lookahead: int | Literal["auto"],
    timestamps: Detail,
    vad: bool,
    report: OnProgress,
) -> list[Transcript]:
    def one(done: int, audio: Waveform) -> Transcript:
        name = f"Recording {done + 1} of {len(waveforms)}"
        return engine.transcribe(
            audio,
            language=language,
            languages=languages,
            task=task,
            speculative=True,
            lookahead=lookahead,
            timestamps=timestamps,
            vad=vad,
            on_progress=part_of(report, done / len(waveforms), (done + 1) / len(waveforms), name),
        )

    transcripts = [one(done, audio) for done, audio in enumerate(waveforms)]
    report(1.0, "Done")
    return transcripts


def _decode(
    engine: Engine,
    recordings: Sequence[_Recording],
    mode: Mode,
    task: str,
    among: Sequence[str],
    lookahead: int | Literal["auto"],
    size: int,
    timed: bool,
    report: OnProgress,
) -> None:
    """Write every window of every recording."""
    draft = engine.draft if mode == "speculative" else None
    total = sum(len(recording.stretches) for recording in recordings)
    size = min(size, max(total, 1))
    began = engine.clock()
    costs = engine.costs(size) if draft and lookahead == "auto" else None
    jobs: list[_Job] = []
    rule = lookahead_from(lookahead, costs)()
    written = decode_batch(
        engine.main.network,
        draft.network if draft else None,
        _clips(engine, recordings, draft, rule, task, among, timed, jobs),
        lookahead=rule,
        size=size,
        end=engine.main.vocabulary.end_of_text,
        limit=engine.main.context,
        guard=engine.guard,
        clock=engine.clock,
    )
    report(0.0, f"Transcribing {total} windows")
    spent = 0.0
    for done, (number, decoded) in enumerate(written, 1):
        job = jobs[number]
        recording = job.recording
        recording.written[job.index] = decoded
        rule.wrote(recording.stretches[job.index].seconds, len(decoded.tokens))
        passes = sum(cycle.draft_seconds + cycle.verify_seconds for cycle in decoded.cycles)
        recording.meter.add(job.heard, decoded.cycles, other=job.detecting + passes)
        spent += job.heard.total + job.detecting + passes
        report(done / total, f"Window {done} of {total} is written")
    left = engine.clock() - began - spent
    for recording in recordings:
        recording.meter.share(left * len(recording.stretches) / max(total, 1))


def _clips(
    engine: Engine,
    recordings: Sequence[_Recording],
    draft: Model | None,
    rule: Lookahead,
    task: str,
    among: Sequence[str],
    timed: bool,
    jobs: list[_Job],
) -> Iterator[Clip]:
    """The windows in order, each heard when it is asked for; what was spent on it goes into ``jobs``."""
    main = engine.main
    for recording in recordings:
        for index, stretch in enumerate(recording.stretches):
            asked = draft if draft and rule.pays(stretch.seconds) else None
            heard = hear(main, asked, torch.from_numpy(stretch.samples), engine.clock, blank=timed)
            began = engine.clock()
            if recording.spoken is None:
                speech = recording.speech
                kept = speech.until(stretch.start_sample), speech.until(stretch.end_sample)
                places = other_places(speech, *kept, len(stretch.samples))
                further = heard_alone(main, places, engine.clock, blank=timed)
                recording.spoken = detect_language(heard.main, main.vocabulary, among, further)
            opening = Opening(recording.spoken.code, task, timestamps=timed)
            prompt = opening.prompt(main.vocabulary)
            drafting = None
            if heard.draft and engine.pairing:
                drafting = engine.pairing.drafting(heard.draft.cross, opening)
            jobs.append(_Job(recording, index, heard.seconds, engine.clock() - began))
            yield Clip(heard.main.cross, prompt, main.rules(len(prompt), timestamps=timed), drafting, index)


def _untimed(recording: _Recording, codec: TextCodec, stats: Stats) -> Transcript:
    windows = [
        Window(stretch.start_seconds, stretch.end_seconds, decoded) for stretch, decoded in recording.decoded
    ]
    spoken = recording.spoken or UNHEARD
    return assemble(windows, codec, spoken=spoken, duration=recording.audio.seconds, stats=stats)


def _timed(recording: _Recording, codec: TextCodec, stats: Stats) -> Transcript:
    parts, latest = [], 0.0
    for stretch, decoded in recording.decoded:
        segments: list[Segment] = []
        kept: set[int] = set()
        spans, _ = spans_of(decoded.tokens, codec.vocabulary.timestamp_begin, stretch.seconds, whole=True)
        for span in spans:
            start = max(stretch.start_seconds + span.start, latest)
            end = max(stretch.start_seconds + span.end, start)
            tokens = tuple(token for token in span.tokens if not codec.vocabulary.is_special(token))
            text = codec.decode(tokens)
            if text.strip() and end > start:
                segments.append(Segment(start, end, text, tokens))
                kept.update(range(span.first, span.first + len(span.tokens)))
                latest = end
        parts.append(Part(tuple(segments), (decoded,), frozenset(kept)))
    spoken = recording.spoken or UNHEARD
    return assemble_parts(parts, codec, spoken=spoken, duration=recording.audio.seconds, stats=stats)
