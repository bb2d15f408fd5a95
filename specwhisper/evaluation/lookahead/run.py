"""``benchmark --mode lookahead``: how far ahead the draft should write, measured and by theory."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median

from specwhisper.decoding.costs import Costs
from specwhisper.decoding.lookahead import Lookahead, lookahead_from
from specwhisper.evaluation.common.dataset import LoadedClip
from specwhisper.evaluation.common.each_pair import Turn, each_pair
from specwhisper.evaluation.common.ledger import Ledger
from specwhisper.evaluation.common.plan import Plan
from specwhisper.progress import OnProgress
from specwhisper.results import Decoded
from specwhisper.transcription.prompt import WindowPrompt
from specwhisper.transcription.tasks import Encode, Likeliest, WindowTask
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


@dataclass(frozen=True, slots=True)
class ClipPolicies:
    """All policies on one clip; ``identical`` and ``decodes`` as of the whole."""

    windows: int
    policies: tuple[Policy, ...]
    identical: int
    decodes: int


def run_lookahead(
    plan: Plan, clips: Sequence[LoadedClip], ledger: Ledger, *, on_progress: OnProgress
) -> list[LookaheadResult]:
    """Every pair and precision: each window is heard once and decoded in every way, interleaved.

    What the ledger holds is not done again, and goes by the prices it was done with.

    Raises:
        SpecWhisperError: a pair cannot be loaded.
    """
    results = []
    for turn in each_pair(plan, on_progress):
        costs = ledger.once(f"costs {turn.name}", Costs, partial(_prices, turn.ready))
        found = []
        for index, heard in enumerate(clips):
            turn.on_progress(index / len(clips), heard.clip.name)
            measure = partial(_measure, turn.ready, costs, heard, index, plan.rounds)
            found.append(ledger.once(f"{turn.name} {heard.clip.name}", ClipPolicies, measure))
        results.append(_result(turn, costs, found))
    return results


def _prices(ready: Callable[[], Transcriber]) -> Costs:
    costs = ready().costs(anew=True)
    assert costs is not None
    return costs


def _result(turn: Turn, costs: Costs, found: Sequence[ClipPolicies]) -> LookaheadResult:
    return LookaheadResult(
        turn.pair.name,
        turn.precision,
        costs,
        sum(one.windows for one in found),
        tuple(_together(parts) for parts in zip(*(one.policies for one in found), strict=True)),
        sum(one.identical for one in found),
        sum(one.decodes for one in found),
    )


def _together(parts: Sequence[Policy]) -> Policy:
    """One policy over several clips or windows."""
    return Policy(
        parts[0].name,
        tuple(map(sum, zip(*(part.seconds for part in parts), strict=True))),
        sum(part.tokens for part in parts),
        sum(part.cycles for part in parts),
        sum(part.proposed for part in parts),
        sum(part.accepted for part in parts),
        sum(part.refused for part in parts),
    )


def _policy(name: str, seconds: Sequence[float], decoded: Decoded) -> Policy:
    """What one policy did on one window."""
    cycles = decoded.cycles
    return Policy(
        name,
        tuple(seconds),
        tokens=sum(each.accepted + (each.correction is not None) for each in cycles),
        cycles=len(cycles),
        proposed=sum(len(each.proposed) for each in cycles),
        accepted=sum(each.accepted for each in cycles),
        refused=sum(each.accepted < len(each.proposed) for each in cycles),
    )


def _measure(
    ready: Callable[[], Transcriber], costs: Costs, heard: LoadedClip, index: int, rounds: int
) -> ClipPolicies:
    from specwhisper.audio.windows import windows_of

    transcriber = ready()
    decoder = transcriber.decoder
    # Each clip with policies of its own, for a recording of its own is what a user brings.
    looks: dict[str, Lookahead | None] = {GREEDY: None, AUTO: lookahead_from("auto", costs)()}
    looks |= {str(k): lookahead_from(k)() for k in FIXED}
    prompt = WindowPrompt(heard.clip.language, "transcribe")
    found: dict[str, list[Policy]] = {name: [] for name in looks}
    identical = 0
    windows = windows_of(heard.waveform.samples)
    with transcriber.main.network.exclusive_threads():
        for window in windows:
            encoded = decoder.encode(Encode(window.samples, drafted=True, blank=False))
            seconds: dict[str, list[float]] = {name: [] for name in looks}
            written: dict[str, list[Decoded]] = {name: [] for name in looks}
            for number in range(rounds):
                for name in list(looks) if (index + number) % 2 == 0 else list(looks)[::-1]:
                    began = time.perf_counter()
                    task = WindowTask(encoded, prompt, Likeliest(), looks[name])
                    written[name].append(decoder.write(task).decoded)
                    seconds[name].append(time.perf_counter() - began)
            expected = written[GREEDY][0].tokens
            for name in looks:
                identical += sum(decoded.tokens == expected for decoded in written[name])
                found[name].append(_policy(name, seconds[name], written[name][0]))
    policies = tuple(_together(parts) for parts in found.values())
    return ClipPolicies(len(windows), policies, identical, len(windows) * rounds * len(looks))
