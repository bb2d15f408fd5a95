"""A made-up engine: no model, fast, and it notices when it is used by two at once."""

from __future__ import annotations

import hashlib
import threading
import time
import wave
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from specwhisper.audio.waveform import Waveform
from specwhisper.captions.captions import Captions
from specwhisper.errors import EmptyAudioError, NotAudioError, OptionError, WeightsUnavailableError
from specwhisper.evaluation.common.document import Document
from specwhisper.output.figures_benchmark import Axes, Series, curves
from specwhisper.output.page import Section
from specwhisper.proofread import Proofread
from specwhisper.results import Comparison, Transcript, Word
from specwhisper.service.benchmark import BenchmarkJob
from specwhisper.transcription.proofreading import proofread_steps
from specwhisper.transcription.tasks import Score
from specwhisper.vocabulary.specials import Vocabulary
from tests.ui.comparisons import SPEECH, make_comparison

Progress = Callable[[float, str], None] | None


@dataclass(frozen=True)
class FakePairState:
    """As specwhisper.weights.pairs.PairState."""

    name: str
    kind: str
    state: str
    detail: str
    download_bytes: int

    @property
    def meaning(self) -> str:
        return f"What {self.kind} means."


class FakeCodec:
    """A tokenizer with one token per character."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary

    def encode(self, text: str) -> tuple[int, ...]:
        return tuple(ord(character) + (not self._vocabulary.multilingual) for character in text)

    def label(self, token: int) -> str:
        return chr(token - (not self._vocabulary.multilingual))

    def token_bytes(self, token: int) -> bytes:
        return self.label(token).encode()

    def encode_bytes(self, raw: bytes) -> tuple[int, ...]:
        return self.encode(raw.decode())


PAIRS = (
    FakePairState("base+tiny", "same vocabulary", "ready", "Both models are on this machine.", 0),
    FakePairState("small+tiny", "same vocabulary", "can be fetched", "small: 250 MB.", 250_000_000),
    FakePairState(
        "large-v2+tiny",
        "same vocabulary",
        "unavailable",
        "large-v2: none of the known sources can be reached from here.",
        3_086_000_000,
    ),
    FakePairState("base+tiny.en", "cross-vocabulary", "ready", "Both models are on this machine.", 0),
)


UNLISTED = FakePairState("tiny+base", "same vocabulary", "ready", "Both models are on this machine.", 0)
"""A pair that can be typed."""


@dataclass
class FakeTranscriber:
    """What ``specwhisper.load`` returns, as far as the app can tell.

    The text depends on the sound (its length and a digest), so that two clients can tell whose result
    they got. ``busy`` counts overlapping calls: the app must never cause one;
    ``finished`` those that nobody gave up.
    """

    delay: float = 0.05
    text: str = SPEECH
    busy: int = 0
    worst: int = 0
    finished: int = 0
    calls: list[dict] = field(default_factory=list)
    guard: threading.Lock = field(default_factory=threading.Lock)

    def compare(
        self, audio: object, *, on_progress: Progress = None, client: str = "", **options: object
    ) -> Comparison:
        said, duration = self._hear(audio, options, on_progress)
        return make_comparison(said, duration=duration)

    def transcribe(
        self, audio: object, *, on_progress: Progress = None, client: str = "", **options: object
    ) -> Transcript:
        said, duration = self._hear(audio, options, on_progress)
        return make_comparison(said, duration=duration).speculative

    def proofread(
        self,
        audio: object,
        captions: Captions,
        *,
        on_progress: Progress = None,
        client: str = "",
        **options: object,
    ) -> Proofread:
        """What differs from the text that it always hears; as likely as any other."""
        said, duration = self._hear(audio, options, on_progress)
        transcript = make_comparison(said, duration=duration).speculative
        words = tuple(
            Word(float(at), at + 1.0, f" {text}", 0.9) for at, text in enumerate(transcript.text.split())
        )
        segments = (replace(transcript.segments[0], words=words),)
        steps = proofread_steps(
            SimpleNamespace(codec=FakeCodec(Vocabulary(51_865)), context=448),  # type: ignore[arg-type]
            Waveform(np.zeros(16_000, np.float32)),
            captions,
            replace(transcript, segments=segments),
            "transcribe",
        )
        answer: object = None
        while True:
            try:
                task = steps.send(answer)
            except StopIteration as ended:
                return ended.value
            answer = (0.5,) * len(task.tokens) if isinstance(task, Score) else None

    def _hear(self, audio: object, options: dict, on_progress: Progress) -> tuple[str, float]:
        self._count(1)
        self.calls.append(options)
        try:
            frames, duration = read(Path(str(audio)))
            for done in (0.25, 0.5, 0.75):
                self.work(1 / 3)
                if on_progress:
                    on_progress(done, "Main alone" if done < 0.5 else "With draft")
            self.finished += 1
            digest = hashlib.sha256(frames).hexdigest()[:8]
            return f"{self.text} Clip {digest}.", duration
        finally:
            self._count(-1)

    def work(self, share: float) -> None:
        """Wait for a share of the delay; if that is made shorter meanwhile, it holds from then on."""
        began = time.monotonic()
        while (left := began + share * self.delay - time.monotonic()) > 0:
            time.sleep(min(left, 0.05))

    def _count(self, change: int) -> None:
        with self.guard:
            self.busy += change
            self.worst = max(self.worst, self.busy)


def read(path: Path) -> tuple[bytes, float]:
    """Frames and seconds of a WAV file, with the errors of the real audio layer."""
    if path.stat().st_size == 0:
        raise EmptyAudioError(f"{path.name} is empty: record or upload it again.")
    try:
        with wave.open(str(path)) as sound:
            return sound.readframes(sound.getnframes()), sound.getnframes() / sound.getframerate()
    except (wave.Error, EOFError):
        raise NotAudioError(
            f"{path.name} is not a sound file that can be read: try WAV, MP3 or FLAC."
        ) from None


@dataclass
class FakeLoader:
    """What stands in for ``specwhisper.load`` and ``pair_states``."""

    transcriber: FakeTranscriber = field(default_factory=FakeTranscriber)
    loads: list[tuple[str, str, str]] = field(default_factory=list)
    fetched: set[str] = field(default_factory=set)

    def load(
        self,
        pair: str,
        *,
        device: str = "auto",
        precision: str = "auto",
        scheduler: object = None,
        on_progress: Progress = None,
    ) -> FakeTranscriber:
        if pair == "large-v2+tiny":
            raise WeightsUnavailableError(f"{pair} cannot be loaded here: put its weights in a folder.")
        self.loads.append((pair, device, precision))
        if on_progress:
            on_progress(0.5, f"Loading {pair}")
        self.fetched.add(pair)
        return self.transcriber

    def benchmark(self, job: BenchmarkJob, load, device, on_progress, stop, between_clips) -> Document:
        """A report of as many clips as were asked for, until it is stopped."""
        done = 0
        for sample in job.samples:
            read(sample.file)
            on_progress(done / len(job.samples), f"Clip {sample.file.name}")
            self.transcriber.work(1)
            done += 1
            if stop.is_set():
                break
            between_clips()
        text = f"| pair | clips |\n|---|---|\n| {', '.join(job.pairs)} | {done} |\n"
        figure = curves(Axes("Gain", "Made up", "x", "y"), [Series("one", (1, 2), (1.0, 2.0))])
        sections = Section("What was found", "* base+tiny: made up"), Section("Speed", text, (figure,))
        return Document("Benchmark", "Made up", sections, {}, rows=({"clip": "a"},))

    def check_pair(self, pair: str) -> str:
        if pair not in {state.name for state in (*PAIRS, UNLISTED)}:
            raise OptionError(f"Unknown pair {pair!r}: choose one of those listed.")
        return pair

    def pair_state(self, name: str) -> FakePairState:
        name = self.check_pair(name)
        return next(state for state in (*self.pair_states(), UNLISTED) if state.name == name)

    def codec(self, vocabulary: Vocabulary) -> FakeCodec | None:
        return None if vocabulary.size == 51_866 else FakeCodec(vocabulary)

    def pair_states(self) -> tuple[FakePairState, ...]:
        return tuple(
            FakePairState(state.name, state.kind, "ready", "Both models are on this machine.", 0)
            if state.name in self.fetched
            else state
            for state in PAIRS
        )


def write_wav(path: Path, seconds: float = 1.0, tone: float = 220.0) -> Path:
    """A short tone, 16 kHz mono 16-bit."""
    time = np.arange(int(16_000 * seconds)) / 16_000
    return write_samples(path, 9000 / 2**15 * np.sin(2 * np.pi * tone * time))


def write_samples(path: Path, samples: np.ndarray) -> Path:
    """Samples from -1 to 1 as 16 kHz mono 16-bit."""
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(16_000)
        sound.writeframes((samples * 2**15).astype("<i2").tobytes())
    return path
