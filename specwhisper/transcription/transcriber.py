"""The facade: audio in, transcript or comparison out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch

from specwhisper.audio.decode import AudioSource, load_audio
from specwhisper.audio.limits import DEFAULT_MAX_SECONDS
from specwhisper.audio.waveform import Waveform
from specwhisper.audio.windows import windows_of
from specwhisper.decoding.drafter import Drafter, ModelDrafter, Silent
from specwhisper.decoding.lookahead import lookahead_from
from specwhisper.decoding.reader import NetworkReader
from specwhisper.decoding.speculative import decode
from specwhisper.errors import OptionError
from specwhisper.models.device import GUARD_BANDS, clock_of
from specwhisper.results import Comparison, Decoded, Seconds, Speedup, Stats, Transcript
from specwhisper.transcription.assemble import Window, assemble, first_difference
from specwhisper.transcription.language import detect_language
from specwhisper.transcription.model import Model
from specwhisper.vocabulary.languages import language_code

OnProgress = Callable[[float, str], None]
Mode = Literal["greedy", "speculative"]
WRITING: dict[Mode, str] = {"greedy": "Main writes alone", "speculative": "Draft proposes, main verifies"}


@dataclass(frozen=True, slots=True)
class Request:
    """What one call asks for.

    Raises:
        OptionError: on construction, when the lookahead is none that exists.
    """

    modes: tuple[Mode, ...]
    language: str | None
    task: str
    lookahead: int | Literal["auto"]
    max_seconds: float | None

    def __post_init__(self) -> None:
        lookahead_from(self.lookahead)  # refused now rather than after the audio was read


@dataclass(frozen=True, slots=True)
class Heard:
    """One window after the encoders: who reads it, and what hearing it cost."""

    main: NetworkReader
    draft: NetworkReader | None
    seconds: Seconds


class Transcriber:
    """A main model, optionally with a draft, on one device.

    Not thread-safe: the models' caches are reused from window to window, so one caller at a time.
    Build one with :func:`specwhisper.load`.
    """

    def __init__(self, pair: str, main: Model, draft: Model | None, precision: str) -> None:
        self.pair = pair
        self.main = main
        self.draft = draft
        self.precision = precision
        self.device = main.network.device
        self._clock = clock_of(self.device)

    def transcribe(
        self,
        audio: AudioSource | Waveform,
        *,
        language: str | None = None,
        task: str = "transcribe",
        speculative: bool = True,
        lookahead: int | Literal["auto"] = "auto",
        max_seconds: float | None = DEFAULT_MAX_SECONDS,
        on_progress: OnProgress | None = None,
    ) -> Transcript:
        """Write down what is said.

        Args:
            audio: a file name, bytes, a binary file object, samples, or an already loaded waveform.
            language: code or English name; None detects it from the first 30 s.
            task: ``transcribe``, or ``translate`` (into English).
            speculative: False decodes with main alone; without a draft it always does.
            lookahead: ``auto``, or a fixed number of proposals per cycle.
            max_seconds: longer recordings are refused, before they are decoded whole; None takes any.
            on_progress: called with the fraction done and a short message.

        Raises:
            AudioError: the input cannot be heard.
            OptionError: an option has no such value, or this model lacks it.
        """
        mode: Mode = "speculative" if speculative and self.draft else "greedy"
        request = Request((mode,), language, task, lookahead, max_seconds)
        return self._run(audio, request, on_progress or _ignore)[mode]

    def compare(
        self,
        audio: AudioSource | Waveform,
        *,
        language: str | None = None,
        task: str = "transcribe",
        lookahead: int | Literal["auto"] = "auto",
        max_seconds: float | None = DEFAULT_MAX_SECONDS,
        on_progress: OnProgress | None = None,
    ) -> Comparison:
        """Decode the same audio greedily and speculatively.

        Audio, features and main's encoder are run once and their time counts in both totals (it is the
        same work); only the speculative total carries the draft's encoder. Which decode goes first
        alternates from window to window, so that neither always finds the warm caches.

        Raises:
            AudioError, OptionError: as :meth:`transcribe`; also when the pair has no draft.
        """
        if self.draft is None:
            raise OptionError(
                f"There is nothing to compare: {self.pair!r} has no draft; choose a pair such as 'base+tiny'."
            )
        request = Request(("greedy", "speculative"), language, task, lookahead, max_seconds)
        runs = self._run(audio, request, on_progress or _ignore)
        baseline, speculative = runs["greedy"], runs["speculative"]
        one, other = baseline.stats.seconds, speculative.stats.seconds
        return Comparison(
            baseline=baseline,
            speculative=speculative,
            first_difference=first_difference(baseline.tokens, speculative.tokens),
            speedup=Speedup(_ratio(one.decode, other.decode), _ratio(one.total, other.total)),
        )

    def _run(
        self, audio: AudioSource | Waveform, request: Request, report: OnProgress
    ) -> dict[Mode, Transcript]:
        """Decode every window in every mode."""
        language = language_code(request.language) if request.language else None
        if language:
            self.main.vocabulary.prompt(language, request.task)  # refuses what this model cannot do
        report(0.0, "Reading the audio")
        if not isinstance(audio, Waveform):
            audio = load_audio(audio, max_seconds=request.max_seconds)
        meters = {mode: _Meter(audio.loading_seconds) for mode in request.modes}
        decodes: dict[Mode, list[Window]] = {mode: [] for mode in request.modes}
        windows = windows_of(audio.samples)
        steps, done = len(windows) * (1 + len(request.modes)), 0
        for index, window in enumerate(windows):
            where = f" (window {index + 1} of {len(windows)})" if len(windows) > 1 else ""
            report(done / steps, f"Listening{where}")
            heard = self._hear(torch.from_numpy(window.samples), draft="speculative" in request.modes)
            began = self._clock()
            language = language or detect_language(heard.main, self.main.vocabulary)
            detected = self._clock() - began
            done += 1
            # Turn and turn about, so that neither mode always finds the warm caches.
            for mode in request.modes if index % 2 == 0 else request.modes[::-1]:
                report(done / steps, f"{WRITING[mode]}{where}")
                began = self._clock()
                decoded = self._decode(heard, mode, language, request, index)
                wall = self._clock() - began
                meters[mode].add(heard.seconds, decoded, other=detected + wall)
                decodes[mode].append(Window(window.start_seconds, window.end_seconds, decoded))
                done += 1
        report(1.0, "Done")
        return {
            mode: assemble(
                decodes[mode],
                self.main.codec,
                language=language or "en",
                duration=audio.seconds,
                stats=self._stats(mode, decodes[mode], meters[mode].seconds(mode)),
            )
            for mode in request.modes
        }

    def _hear(self, samples: torch.Tensor, *, draft: bool) -> Heard:
        """Features, encoders and cross-attention keys/values of one window."""
        t0 = self._clock()
        features = self.main.features(samples)
        t1 = self._clock()
        states = self.main.network.encoder(features)
        main = self.main.reader(states)
        t2 = self._clock()
        if self.draft is None or not draft:
            return Heard(main, None, Seconds(features=t1 - t0, encode_main=t2 - t1))
        if self.draft.network.encoder is self.main.network.encoder:
            heard = self.draft.reader(states)
        else:
            if self.draft.network.dims.n_mels != self.main.network.dims.n_mels:
                features = self.draft.features(samples)
            heard = self.draft.reader(self.draft.network.encoder(features))
        return Heard(
            main, heard, Seconds(features=t1 - t0, encode_main=t2 - t1, encode_draft=self._clock() - t2)
        )

    def _decode(self, heard: Heard, mode: Mode, language: str, request: Request, window: int) -> Decoded:
        vocabulary = self.main.vocabulary
        prompt = vocabulary.prompt(language, request.task)
        rules = self.main.rules(len(prompt))
        drafter: Drafter = Silent()
        if mode == "speculative" and heard.draft is not None:
            drafter = ModelDrafter(
                heard.draft, rules, lookahead_from(request.lookahead), vocabulary.end_of_text
            )
        return decode(
            heard.main,
            drafter,
            prompt,
            rules=rules,
            end=vocabulary.end_of_text,
            limit=self.main.context,
            guard=GUARD_BANDS[self.precision],
            clock=self._clock,
            window=window,
        )

    def _stats(self, mode: Mode, windows: list[Window], seconds: Seconds) -> Stats:
        return Stats(
            mode=mode,
            main=self.main.name,
            draft=self.draft.name if self.draft and mode == "speculative" else None,
            precision=self.precision,
            device=str(self.device),
            cycles=tuple(cycle for window in windows for cycle in window.decoded.cycles),
            seconds=seconds,
        )


class _Meter:
    """Adds up the stages of one mode over the windows."""

    def __init__(self, loading: float) -> None:
        self._loading = loading
        self._heard: list[Seconds] = []
        self._draft = self._verify = self._other = 0.0

    def add(self, heard: Seconds, decoded: Decoded, *, other: float) -> None:
        """``other``: wall time of detection and the decode call; what its cycles explain is taken off."""
        draft = sum(cycle.draft_seconds for cycle in decoded.cycles)
        verify = sum(cycle.verify_seconds for cycle in decoded.cycles)
        self._heard.append(heard)
        self._draft += draft
        self._verify += verify
        self._other += other - draft - verify

    def seconds(self, mode: Mode) -> Seconds:
        return Seconds(
            audio=self._loading,
            features=sum(heard.features for heard in self._heard),
            encode_main=sum(heard.encode_main for heard in self._heard),
            # The draft's ears are no cost of the baseline.
            encode_draft=sum(heard.encode_draft for heard in self._heard) if mode == "speculative" else 0.0,
            draft=self._draft,
            verify=self._verify,
            other=self._other,
        )


def _ratio(baseline: float, speculative: float) -> float:
    return baseline / speculative if speculative else 1.0


def _ignore(fraction: float, message: str) -> None:
    """The progress report of those who asked for none."""
