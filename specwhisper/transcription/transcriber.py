"""The facade: audio in, transcript or comparison out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal

import torch

from specwhisper.audio.decode import AudioSource, load_audio
from specwhisper.audio.limits import DEFAULT_MAX_SECONDS
from specwhisper.audio.waveform import Waveform
from specwhisper.audio.windows import windows_of
from specwhisper.decoding.costs import Costs
from specwhisper.decoding.strategy import Strategy
from specwhisper.errors import OptionError
from specwhisper.models.device import GUARD_BANDS, clock_of
from specwhisper.models.footprint import network_bytes
from specwhisper.results import Comparison, Memory, Seconds, Speedup, Stats, Transcript
from specwhisper.transcription.assemble import Window, assemble, first_difference
from specwhisper.transcription.batch import transcribe_batch
from specwhisper.transcription.drafting import Pairing
from specwhisper.transcription.economics import measure_costs
from specwhisper.transcription.hearing import hear
from specwhisper.transcription.language import detect_language
from specwhisper.transcription.meter import Meter, Mode
from specwhisper.transcription.model import Model
from specwhisper.transcription.strategies import Request, Writer, mode_for
from specwhisper.vocabulary.languages import language_code

OnProgress = Callable[[float, str], None]
WRITING: dict[Mode, str] = {"greedy": "Main writes alone", "speculative": "Draft proposes, main verifies"}


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
        self.clock = clock_of(self.device)
        self.pairing = Pairing(main, draft) if draft else None
        self.memory = _memory_of(main, draft)
        self._costs: dict[int, Costs] = {}

    def costs(self, rows: int = 1) -> Costs | None:
        """What a step costs here when ``rows`` clips share it; measured when it is first asked for."""
        if self.draft is None:
            return None
        if rows not in self._costs:
            self._costs[rows] = measure_costs(self.main, self.draft, rows)
        return self._costs[rows]

    def warm_up(self) -> None:
        """Let allocators, thread pools and kernels settle now rather than inside someone's first request."""
        reader = hear(self.main, None, torch.zeros(16_000), self.clock).main
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
            temperature: 0 writes what main finds likeliest; up to 2 draws from main's own distribution at
                that temperature, with the draft's help where it shares main's tokens, else without.
            seed: repeats the draws of an earlier call (its ``stats.seed``); None draws anew.
            beams: more than 1 searches with main alone (up to 8); not together with a temperature.
            length_penalty: of beams: a text's score is its log-probability / length ** length_penalty, as in
                ``transformers``.
            patience: of beams: round(beams x patience) finished texts are awaited, as in openai-whisper;
                above 1 searches longer and never finds a text of lower score.
            max_seconds: longer recordings are refused, before they are decoded whole; None takes any.
            on_progress: called with the fraction done and a short message.

        Raises:
            AudioError: the input cannot be heard.
            OptionError: an option has no such value, or this model lacks it.
        """
        strategy = Strategy(temperature, seed, beams, length_penalty, patience)
        mode = mode_for(strategy, self.pairing if speculative else None)
        request = Request((mode,), language, task, lookahead, max_seconds, strategy)
        return self._run(audio, request, on_progress or _ignore)[mode]

    def transcribe_batch(
        self,
        audios: Sequence[AudioSource | Waveform],
        *,
        language: str | None = None,
        task: str = "transcribe",
        speculative: bool = True,
        lookahead: int | Literal["auto"] = "auto",
        batch_size: int = 4,
        max_seconds: float | None = DEFAULT_MAX_SECONDS,
        on_progress: OnProgress | None = None,
    ) -> list[Transcript]:
        """Write down several recordings together; each transcript is that of :meth:`transcribe`.

        A draft whose tokens are not main's (``base+tiny.en``) proposes bytes, clip by clip: such a pair keeps
        its speculation and takes one recording after the other, whatever the batch size. Without the draft
        (``speculative=False``) it goes through the batch as any other.

        All of them are read before anything is decoded, so a recording that cannot be heard stops the call
        at its start. To leave out such ones, load each with ``load_audio`` and hand in those that could be.

        Args:
            audios: as ``audio`` of :meth:`transcribe`; they may be of any length.
            language: of all of them; None detects it for each from its first 30 s.
            task, speculative, lookahead, max_seconds, on_progress: as :meth:`transcribe`.
            batch_size: windows decoded at a time (1 to 64). More costs memory, and time per window falls.

        Raises:
            AudioError, OptionError: as :meth:`transcribe`.
        """
        return transcribe_batch(
            self,
            audios,
            language=language,
            task=task,
            speculative=speculative,
            lookahead=lookahead,
            batch_size=batch_size,
            max_seconds=max_seconds,
            on_progress=on_progress or _ignore,
        )

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
        request = Request(("greedy", "speculative"), language, task, lookahead, max_seconds, Strategy())
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
        language = None if request.language is None else language_code(request.language)
        if language:
            self.main.vocabulary.prompt(language, request.task)  # refuses what this model cannot do
        report(0.0, "Reading the audio")
        if not isinstance(audio, Waveform):
            audio = load_audio(audio, max_seconds=request.max_seconds)
        writer = Writer(
            self.main,
            self.pairing,
            request,
            guard=GUARD_BANDS[self.precision],
            costs=self.costs(),
            clock=self.clock,
        )
        meters = {mode: Meter(audio.loading_seconds) for mode in request.modes}
        decodes: dict[Mode, list[Window]] = {mode: [] for mode in request.modes}
        windows = windows_of(audio.samples)
        draft = self.draft if "speculative" in request.modes else None
        steps, done = len(windows) * (1 + len(request.modes)), 0
        for index, window in enumerate(windows):
            where = f" (window {index + 1} of {len(windows)})" if len(windows) > 1 else ""
            report(done / steps, f"Listening{where}")
            heard = hear(self.main, draft, torch.from_numpy(window.samples), self.clock)
            began = self.clock()
            language = language or detect_language(heard.main, self.main.vocabulary)
            detected = self.clock() - began
            done += 1
            # Turn and turn about, so that neither mode always finds the warm caches.
            for mode in request.modes if index % 2 == 0 else request.modes[::-1]:
                report(done / steps, f"{WRITING[mode]}{where}")
                began = self.clock()
                decoded = writer.write(heard, mode, language, index)
                wall = self.clock() - began
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
                stats=replace(
                    self.stats(mode, decodes[mode], meters[mode].seconds(mode)),
                    temperature=request.strategy.temperature,
                    seed=writer.seed if request.strategy.temperature > 0 else None,
                    beams=request.strategy.beams,
                    length_penalty=request.strategy.length_penalty,
                    patience=request.strategy.patience,
                ),
            )
            for mode in request.modes
        }

    def stats(self, mode: Mode, windows: list[Window], seconds: Seconds) -> Stats:
        return Stats(
            mode=mode,
            main=self.main.name,
            draft=self.draft.name if self.draft and mode == "speculative" else None,
            precision=self.precision,
            device=str(self.device),
            cycles=tuple(cycle for window in windows for cycle in window.decoded.cycles),
            seconds=seconds,
            memory=self.memory,
        )


def _memory_of(main: Model, draft: Model | None) -> Memory:
    if draft is None:
        return Memory(network_bytes(main.network))
    shared = draft.network.encoder is main.network.encoder
    return Memory(network_bytes(main.network), network_bytes(draft.network, without_encoder=shared), shared)


def _ratio(baseline: float, speculative: float) -> float:
    return baseline / speculative if speculative else 1.0


def _ignore(fraction: float, message: str) -> None:
    """The progress report of those who asked for none."""
