"""``benchmark --mode lookahead``: how far ahead the draft should write, measured and by theory."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from specwhisper.decoding.costs import Costs
from specwhisper.decoding.drafter import Drafter, Silent
from specwhisper.decoding.lookahead import Lookahead, lookahead_from
from specwhisper.decoding.speculative import decode
from specwhisper.evaluation.each_pair import OnProgress, each_pair
from specwhisper.evaluation.findings import Plan
from specwhisper.evaluation.interleave import Heard
from specwhisper.results import Decoded
from specwhisper.transcription.hearing import Heard as HeardWindow
from specwhisper.transcription.hearing import hear
from specwhisper.transcription.opening import Opening
from specwhisper.transcription.transcriber import Transcriber

GREEDY, AUTO = "greedy", "auto"
FIXED = (2, 4, 6, 8, 12, 16)


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
    def best_fixed(self) -> Policy:
        """The quickest fixed number of proposals, known only afterwards."""
        fixed = [policy for policy in self.policies if policy.name not in (GREEDY, AUTO)]
        return min(fixed, key=lambda policy: policy.token_seconds)

    def gain(self, name: str) -> float:
        """How many times faster than greedy decoding."""
        return self.policy(GREEDY).token_seconds / self.policy(name).token_seconds

    def expected(self, proposals: int) -> tuple[float, float]:
        """Tokens per cycle and gain, if main agreed with every proposal alike.

        Leviathan et al. 2023, "Fast Inference from Transformers via Speculative Decoding", equation 1 and
        theorem 3.8, with the measured prices instead of one ratio.
        """
        chance = self.policy(str(proposals)).agreement or 0.0
        tokens = sum(chance**power for power in range(proposals + 1))
        seconds = proposals * self.costs.draft + self.costs.pass_of(proposals + 1)
        return tokens, tokens * self.costs.pass_of(1) / seconds


def run_lookahead(plan: Plan, clips: Sequence[Heard], *, on_progress: OnProgress) -> list[LookaheadResult]:
    """Every pair and precision: each window is heard once and decoded in every way, turn and turn about.

    Raises:
        SpecWhisperError: a pair cannot be loaded.
    """
    return [
        _measure(transcriber, clips, plan.rounds, part) for transcriber, part in each_pair(plan, on_progress)
    ]


class _Count:
    """Adds up what one policy did."""

    def __init__(self, rounds: int) -> None:
        self.seconds = [0.0] * rounds
        self.tokens = self.cycles = self.proposed = self.accepted = self.refused = 0

    def add(self, number: int, seconds: float, decoded: Decoded) -> None:
        self.seconds[number] += seconds
        if number:
            return
        self.tokens += sum(each.accepted + (each.correction is not None) for each in decoded.cycles)
        self.cycles += len(decoded.cycles)
        self.proposed += sum(len(each.proposed) for each in decoded.cycles)
        self.accepted += sum(each.accepted for each in decoded.cycles)
        self.refused += sum(each.accepted < len(each.proposed) for each in decoded.cycles)

    def policy(self, name: str) -> Policy:
        counts = self.tokens, self.cycles, self.proposed, self.accepted, self.refused
        return Policy(name, tuple(self.seconds), *counts)


def _measure(
    transcriber: Transcriber, clips: Sequence[Heard], rounds: int, on_progress: OnProgress
) -> LookaheadResult:
    import torch

    from specwhisper.audio.windows import windows_of

    costs = transcriber.costs()
    assert costs is not None
    looks: dict[str, Lookahead | None] = {GREEDY: None, AUTO: lookahead_from("auto", costs)()}
    looks |= {str(k): lookahead_from(k)() for k in FIXED}
    counts = {name: _Count(rounds) for name in looks}
    windows = [
        (clip.clip.language, window.samples) for clip in clips for window in windows_of(clip.waveform.samples)
    ]
    identical = decodes = 0
    with transcriber.main.network.at_work():
        for index, (language, samples) in enumerate(windows):
            on_progress(index / len(windows), f"window {index + 1} of {len(windows)}")
            heard = hear(transcriber.main, transcriber.draft, torch.from_numpy(samples), time.perf_counter)
            expected: tuple[int, ...] | None = None
            for number in range(rounds):
                # Greedy decoding comes first once, so that there is something to compare with.
                names = list(looks) if (index + number) % 2 == 0 or number == 0 else list(looks)[::-1]
                for name in names:
                    began = time.perf_counter()
                    decoded = _decode(transcriber, heard, Opening(language, "transcribe"), looks[name])
                    counts[name].add(number, time.perf_counter() - began, decoded)
                    if expected is None:
                        expected = decoded.tokens
                    identical += decoded.tokens == expected
                    decodes += 1
    policies = tuple(count.policy(name) for name, count in counts.items())
    return LookaheadResult(
        transcriber.pair, transcriber.precision, costs, len(windows), policies, identical, decodes
    )


def _decode(
    transcriber: Transcriber, heard: HeardWindow, opening: Opening, lookahead: Lookahead | None
) -> Decoded:
    main = transcriber.main
    prompt = opening.prompt(main.vocabulary)
    drafter: Drafter = Silent()
    if lookahead is not None:
        assert transcriber.pairing is not None and heard.draft is not None
        drafter = transcriber.pairing.drafter(heard.draft, lookahead, opening)
    return decode(
        heard.main,
        drafter,
        prompt,
        rules=main.rules(len(prompt)),
        end=main.vocabulary.end_of_text,
        limit=main.context,
        guard=transcriber.guard,
        clock=time.perf_counter,
    )
