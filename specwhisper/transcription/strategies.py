"""From what a call asks for to the decoder that does it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypedDict

import torch

from specwhisper.decoding.beam import beam_search
from specwhisper.decoding.costs import Costs
from specwhisper.decoding.drafter import Drafter, Silent
from specwhisper.decoding.lookahead import lookahead_from
from specwhisper.decoding.noise import Noise
from specwhisper.decoding.sampling import sample
from specwhisper.decoding.speculative import OnCycle, decode
from specwhisper.decoding.strategy import Strategy
from specwhisper.results import Decoded
from specwhisper.transcription.drafting import Pairing
from specwhisper.transcription.hearing import Heard
from specwhisper.transcription.meter import Mode
from specwhisper.transcription.model import Model
from specwhisper.transcription.opening import Opening
from specwhisper.transcription.recording import Recording
from specwhisper.vocabulary.rules import Rules


@dataclass(frozen=True, slots=True)
class Request:
    """What one call asks for.

    Attributes:
        languages: where none is given, codes to choose from; all when empty.
        word_times: of a text without timestamps, when the words of the one with draft were said.

    Raises:
        OptionError: on construction, when the lookahead is none that exists.
    """

    modes: tuple[Mode, ...]
    language: str | None
    task: str
    lookahead: int | Literal["auto"]
    max_seconds: float | None
    strategy: Strategy
    recording: Recording = field(default_factory=Recording)
    languages: str | Sequence[str] = ()
    audio_track: int | None = None
    strict: bool = False
    word_times: bool = False

    def __post_init__(self) -> None:
        lookahead_from(self.lookahead)  # refused now rather than after the audio was read


def mode_for(strategy: Strategy, pairing: Pairing | None) -> Mode:
    """Whether a draft can help: not with beams, and with drawn tokens only when it has main's tokens."""
    if pairing is None or strategy.beams > 1:
        return "greedy"
    return "speculative" if strategy.temperature == 0 or pairing.token_by_token else "greedy"


class Writer:
    """Writes the windows of one recording, one after the other.

    Args:
        main: the model whose text it is.
        pairing: how its draft speaks to it; None without one.
        request: what is asked for; its seed starts one sequence of draws for all windows.
        guard: see :func:`specwhisper.decoding.acceptance.verify`.
        costs: what ``lookahead="auto"`` reckons with.
        clock: seconds, with the device synchronised.
    """

    def __init__(
        self,
        main: Model,
        pairing: Pairing | None,
        request: Request,
        *,
        guard: float,
        costs: Costs | None,
        clock: Callable[[], float],
    ) -> None:
        self._main = main
        self._pairing = pairing
        self._request = request
        self._guard = guard
        self._clock = clock
        # One for the whole recording: what it learns of a speaker holds in the next window, too.
        # Draws go by confidence alone: with prices, how many are made would depend on this machine's mood,
        # and a seed would not repeat a text.
        drawn = request.strategy.temperature > 0
        self._sizes = max(model.vocabulary.size for model in (main, pairing.draft if pairing else main))
        self._lookahead = lookahead_from(request.lookahead, None if drawn else costs)()
        # On the CPU wherever the models are: a seed then means the same draws on every device.
        seed = request.strategy.seed
        self.seed = secrets.randbits(32) if seed is None else seed
        # Further tries are the same every time, unless somebody asks for others.
        self.noise_seed = seed or 0
        self._generator = torch.Generator().manual_seed(self.seed)

    def drafts(self, sound: float) -> bool:
        """Whether the draft is worth hearing a window with so many seconds of sound."""
        return self._lookahead.pays(sound)

    def write(
        self,
        heard: Heard,
        mode: Mode,
        opening: Opening,
        window: int,
        *,
        read: int = 0,
        redraw: Redraw | None = None,
        on_cycle: OnCycle | None = None,
    ) -> Decoded:
        """Decode one window in one mode.

        Args:
            read: how much of the prompt main has read already (see :meth:`open`).
            redraw: another temperature than the strategy's, with noise instead of draws (see
                :class:`Redraw`).
            on_cycle: told what has been written so far; not while beams search or tokens are drawn.
        """
        strategy = self._request.strategy
        if strategy.beams > 1:
            return self._search(heard, opening, window)
        if strategy.temperature > 0 and redraw is None:
            return self._draw(heard, mode, opening, window)
        noise = redraw.noise(self._sizes, heard.main.device) if redraw else None
        drafter: Drafter = Silent()
        if mode == "speculative" and heard.draft is not None:
            assert self._pairing is not None
            drafter = self._pairing.drafter(heard.draft, self._lookahead, opening, noise)
        frame = self._frame(opening, window)
        decoded = decode(
            heard.main,
            drafter,
            guard=self._guard,
            read=read,
            noise=noise,
            scored=opening.timestamps,
            on_cycle=on_cycle,
            **frame,
        )
        if redraw is None:
            self._lookahead.wrote(heard.sound, len(decoded.tokens))
        return decoded

    def open(self, heard: Heard, opening: Opening) -> tuple[int, float]:
        """Let main read the prompt, but for its end, and say how likely it is that nobody speaks.

        Returns:
            how much of the prompt has been read, and the probability of ``<|nospeech|>`` after
            ``<|startoftranscript|>`` (Radford et al. 2022, section 4.5).
        """
        vocabulary = self._main.vocabulary
        prompt = opening.prompt(vocabulary)
        past = len(opening.past(vocabulary))
        if past:
            heard.main.fill(prompt[:past], 0)
        chances = heard.main.read(prompt[past : past + 1], past)[0].softmax(-1)
        return min(past + 1, len(prompt) - 1), float(chances[vocabulary.tasks["nospeech"]])

    def _draw(self, heard: Heard, mode: Mode, opening: Opening, window: int) -> Decoded:
        drafter = None
        if mode == "speculative" and heard.draft is not None:
            assert self._pairing is not None
            drafter = self._pairing.sampling_drafter(heard.draft, self._lookahead, opening)
        temperature = self._request.strategy.temperature
        frame = self._frame(opening, window)
        return sample(heard.main, drafter, temperature=temperature, generator=self._generator, **frame)

    def _search(self, heard: Heard, opening: Opening, window: int) -> Decoded:
        strategy = self._request.strategy
        return beam_search(
            self._main.network,
            heard.main.cross,
            width=strategy.beams,
            length_penalty=strategy.length_penalty,
            patience=strategy.patience,
            **self._frame(opening, window),
        )

    def _frame(self, opening: Opening, window: int) -> _Frame:
        main = self._main
        prompt = opening.prompt(main.vocabulary)
        limit = min(main.context, len(prompt) + main.context // 2) if opening.timestamps else main.context
        return _Frame(
            prompt=prompt,
            rules=main.rules(len(prompt), timestamps=opening.timestamps),
            end=main.vocabulary.end_of_text,
            limit=limit,
            clock=self._clock,
            window=window,
        )


@dataclass(frozen=True, slots=True)
class Redraw:
    """A second try at a window whose text went wrong: drawn, yet the same with and without the draft.

    Attributes:
        temperature: above 0.
        seed: of this try alone.
    """

    temperature: float
    seed: int

    def noise(self, size: int, device: torch.device) -> Noise:
        """See decoding.noise; ``size`` is that of the larger vocabulary."""
        return Noise(self.temperature, self.seed, size, device)


class _Frame(TypedDict):
    """What every way of decoding is told alike."""

    prompt: tuple[int, ...]
    rules: Rules
    end: int
    limit: int
    clock: Callable[[], float]
    window: int
