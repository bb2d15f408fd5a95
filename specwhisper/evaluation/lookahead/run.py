"""``benchmark --mode lookahead``: how far ahead the draft should write, measured and by theory."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import median

import numpy as np

from specwhisper.audio.windows import windows_of
from specwhisper.decoding.costs import Costs
from specwhisper.decoding.lookahead import Lookahead, lookahead_from
from specwhisper.evaluation.common.calls import GREEDY, Call, counted, together
from specwhisper.evaluation.common.dataset import LoadedClip
from specwhisper.evaluation.common.each_pair import Turn, each_pair
from specwhisper.evaluation.common.rounds import Found
from specwhisper.evaluation.common.study import Study
from specwhisper.results import Seconds
from specwhisper.transcription.tasks import Encode, EncodedWindow, Likeliest, WindowPrompt, WindowTask

AUTO = "auto"
FIXED = (2, 4, 6, 8, 12, 16)
WAYS = (GREEDY, AUTO, *map(str, FIXED))


@dataclass(frozen=True, slots=True)
class Policy:
    """One way to look ahead, over all windows.

    Attributes:
        name: ``greedy``, ``auto`` or a number of proposals.
        seconds: of all decodes, per round.
        tokens: that main decided in one round, end-of-text included.
        cycles, proposed, accepted: of one round.
        refused: cycles of one round that ended in a proposal main did not want.
    """

    name: str
    seconds: tuple[float, ...]
    tokens: int
    cycles: int
    proposed: int
    accepted: int
    refused: int

    @property
    def token_seconds(self) -> float:
        """Seconds per token, median over the rounds."""
        return median(self.seconds) / self.tokens

    @property
    def tokens_per_cycle(self) -> float:
        return self.tokens / self.cycles

    @property
    def agreement(self) -> float | None:
        """How often main wants a proposal that it looks at."""
        looked_at = self.accepted + self.refused
        return self.accepted / looked_at if looked_at else None


@dataclass(frozen=True, slots=True)
class LookaheadResult:
    """One pair at one precision.

    Attributes:
        costs: what a draft step and main's passes cost here.
        identical, decodes: how many decodes of all gave greedy decoding's tokens.
    """

    pair: str
    precision: str
    costs: Costs
    windows: int
    policies: tuple[Policy, ...]
    identical: int
    decodes: int

    def policy(self, name: str) -> Policy:
        return next(policy for policy in self.policies if policy.name == name)

    @property
    def fixed(self) -> dict[int, Policy]:
        """By their number of proposals."""
        return {int(one.name): one for one in self.policies if one.name not in (GREEDY, AUTO)}

    @property
    def best_fixed(self) -> Policy:
        """The quickest fixed number of proposals, known only afterwards."""
        return min(self.fixed.values(), key=lambda policy: policy.token_seconds)

    def gain(self, name: str) -> float:
        """How many times faster than greedy decoding."""
        return self.policy(GREEDY).token_seconds / self.policy(name).token_seconds

    def expected(self, proposals: int) -> tuple[float, float]:
        """Tokens per cycle and gain, if main agreed with every proposal alike.

        Leviathan et al. 2023, "Fast Inference from Transformers via Speculative Decoding", equation 1 and
        theorem 3.8, with the measured prices instead of one ratio.
        """
        chance = self.fixed[proposals].agreement or 0.0
        tokens = sum(chance**power for power in range(proposals + 1))
        seconds = proposals * self.costs.draft + self.costs.pass_of(proposals + 1)
        return tokens, tokens * self.costs.pass_of(1) / seconds


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """What is heard once and decoded in every way.

    Attributes:
        looks: of its clip: a recording of its own is what a user brings.
    """

    samples: np.ndarray
    language: str
    looks: dict[str, Lookahead | None]


def run_lookahead(study: Study) -> list[LookaheadResult]:
    """Every pair and precision: each window is heard once and decoded in every way, interleaved.

    What the ledger holds goes by the prices it was done with.

    Raises:
        SpecWhisperError: a pair cannot be loaded.
    """
    results = []
    for turn in each_pair(study):
        costs = turn.prices()
        rounds = turn.rounds(list(_windows(study.clips, costs)), WAYS, Call)
        results.append(_result(turn, costs, list(rounds.each(_decoding(turn), turn.on_progress))))
    return results


def _windows(clips: Sequence[LoadedClip], costs: Costs) -> Iterator[tuple[str, Window]]:
    for heard in clips:
        looks: dict[str, Lookahead | None] = {GREEDY: None, AUTO: lookahead_from("auto", costs)()}
        looks |= {str(proposals): lookahead_from(proposals)() for proposals in FIXED}
        for number, window in enumerate(windows_of(heard.waveform.samples), 1):
            yield f"{heard.clip.name}, window {number}", Window(window.samples, heard.clip.language, looks)


def _decoding(turn: Turn) -> Callable[[Window, str], Call]:
    """Decodes windows; the last one that was heard is kept, and no more, for they are large."""

    @lru_cache(maxsize=1)
    def encoded(window: Window) -> EncodedWindow:
        return turn.ready().decoder.encode(Encode(window.samples, drafted=True, blank=False))

    def measure(window: Window, way: str) -> Call:
        transcriber = turn.ready()
        with transcriber.main.network.exclusive_threads():
            prompt = WindowPrompt(window.language, "transcribe")
            task = WindowTask(encoded(window), prompt, Likeliest(), window.looks[way])
            began = time.perf_counter()
            decoded = transcriber.decoder.write(task).decoded
            return counted(decoded.tokens, decoded.cycles, Seconds(verify=time.perf_counter() - began))

    return measure


def _result(turn: Turn, costs: Costs, found: Sequence[Found[Window, Call]]) -> LookaheadResult:
    same = [
        call.tokens == window.calls[GREEDY][0].tokens
        for window in found
        for calls in window.calls.values()
        for call in calls
    ]
    policies = tuple(_policy(way, [window.calls[way] for window in found]) for way in WAYS)
    return LookaheadResult(turn.pair.name, turn.precision, costs, len(found), policies, sum(same), len(same))


def _policy(name: str, windows: Sequence[list[Call]]) -> Policy:
    """One way over all windows; counts are those of the first round."""
    rounds = [together(calls) for calls in zip(*windows, strict=True)]
    first = rounds[0]
    return Policy(
        name,
        tuple(one.decode for one in rounds),
        first.decided,
        first.cycles,
        first.drafted,
        first.accepted,
        first.refused,
    )
