"""What decoding should take on cards that are not at hand: milliseconds per token, from counted work.

    python -m specwhisper.evaluation.gpu_report.predict

How many kernels a pass launches is counted here, in the very code that runs on a card. What a kernel, a
launch, a copy and a byte cost there is assumed (:data:`CARDS`): take ratios more seriously than milliseconds,
and what ``python -m specwhisper.evaluation.gpu_report`` measures more seriously than either.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from specwhisper.decoding.reader import Asked
from specwhisper.evaluation.gpu_report.sections import LOOKAHEAD, POSITION, both
from specwhisper.evaluation.gpu_report.shaped import Shaped
from specwhisper.network.dimensions import Dimensions
from specwhisper.vocabulary.grammar import NOWHERE
from specwhisper.weights.catalogue import MODELS

PAIRS = ("large-v2", "tiny"), ("large-v2", "distil-large-v2"), ("large-v3", "tiny")
TOKENS_PER_CYCLE = 5.0
NEAR_TIES = 0.009
"""Of the tokens: those decided again where rows are not exact (English, a band of 0.1 in float16)."""


@dataclass(frozen=True, slots=True)
class Card:
    """What is assumed of a card; times in microseconds.

    Attributes:
        bandwidth: GB/s by its maker.
        large, little: share of it that products reach with matrices over and under 8 MB.
        kernel, product, attention: least time of one on the device.
        issue: the host's time to launch one eager kernel.
        wait: a copy that the host waits for.
        replay: launching a recorded pass.
    """

    name: str
    bandwidth: float
    large: float
    little: float
    kernel: float
    product: float
    attention: float
    issue: float
    wait: float
    replay: float


CARDS = (
    Card("T4", 320, 0.78, 0.60, 2.6, 4.0, 9.0, 7.9, 22, 12),
    Card("H100", 3350, 0.75, 0.45, 2.0, 3.0, 6.0, 5.1, 12, 8),
)


@dataclass(frozen=True, slots=True)
class Predicted:
    """One pair on one card, in milliseconds per token.

    Attributes:
        greedy: main alone, eagerly.
        eager, recorded: with its draft.
        recorded_greedy: main alone, recorded.
    """

    card: str
    pair: str
    greedy: float
    eager: float
    recorded_greedy: float
    recorded: float


def predict(card: Card, main: str, draft: str) -> Predicted:
    """:data:`LOOKAHEAD` draft steps and a verify pass write :data:`TOKENS_PER_CYCLE` tokens."""
    asked, asking = MODELS[main].dims, MODELS[draft].dims
    step, proposal, verify = (
        both_ways(card, dims, width) for dims, width in ((asked, 1), (asking, 1), (asked, LOOKAHEAD + 1))
    )
    cycles = [
        (LOOKAHEAD * proposal[way] + verify[way] + NEAR_TIES * TOKENS_PER_CYCLE * step[way])
        / TOKENS_PER_CYCLE
        / 1000
        for way in (0, 1)
    ]
    return Predicted(card.name, f"{main}+{draft}", step[0] / 1000, cycles[0], step[1] / 1000, cycles[1])


def both_ways(card: Card, dims: Dimensions, width: int) -> tuple[float, float]:
    """Microseconds of a decided pass: eagerly and recorded."""
    there = device_time(card, dims, width)
    eager = max(there, launches(dims.decoder_layers, width) * card.issue)
    return eager + 2 * card.wait, there + card.replay + 2 * card.wait


def device_time(card: Card, dims: Dimensions, width: int) -> float:
    """Microseconds that the card itself is at work."""
    d, positions = dims.d_model, dims.audio_context + dims.text_context

    def read(size: float) -> float:
        return size / (card.bandwidth * 1000 * (card.large if size > 8e6 else card.little))

    matrices = [3 * d * d, d * d, d * d, d * d, 4 * d * d, 4 * d * d]
    layer = sum(card.product + read(2 * size) for size in matrices)
    layer += read(4 * positions * d) + 2 * card.product + card.attention
    # Products and attention are ten of a layer's kernels; the others do little but take their least time.
    others = launches(dims.decoder_layers, width) - 10 * dims.decoder_layers - 1
    return dims.decoder_layers * layer + card.product + read(2 * dims.vocab_size * d) + others * card.kernel


_counted: dict[tuple[int, int], int] = {}


def launches(layers: int, width: int) -> int:
    """Kernels of a decided pass, counted: narrow models launch as many as wide ones."""
    if (layers, width) not in _counted:
        dims = replace(MODELS["tiny"].dims, d_model=64, heads=1, encoder_layers=1, decoder_layers=layers)
        cpu = torch.device("cpu")
        slots, _ = both(Shaped.of("narrow", dims, cpu, "fp32"), cpu)
        asked = Asked(list(range(width)), POSITION, [NOWHERE] * width)
        slots.decide([asked])
        _counted[layers, width] = counted(lambda: slots.decide([asked]))
    return _counted[layers, width]


def counted(work: Callable[[], object]) -> int:
    """Operations that are not mere views."""
    count = _Count()
    with count:
        work()
    return count.kernels


class _Count(TorchDispatchMode):
    """Counts operations that write memory."""

    def __init__(self) -> None:
        super().__init__()
        self.kernels = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        views = func.is_view or func.overloadpacket.__name__ in ("empty", "_unsafe_view", "unbind", "detach")
        self.kernels += not views
        return result


def main(argv: list[str] | None = None) -> int:
    """Print what was counted, and a table."""
    argparse.ArgumentParser(
        prog="specwhisper.evaluation.gpu_report.predict", description=(__doc__ or "").split("\n")[0]
    ).parse_args(argv)
    for name, width in (("tiny", 1), ("distil-large-v2", 1), ("large-v2", 1), ("large-v2", LOOKAHEAD + 1)):
        count = launches(MODELS[name].dims.decoder_layers, width)
        print(f"{name}, {width} token{'s' * (width > 1)}: {count} launches where nothing is recorded")
    print()
    print("| card | pair | greedy, eager | with its draft | greedy, recorded | with its draft |")
    print("|---|---|---|---|---|---|")
    for card in CARDS:
        for pair in PAIRS:
            row = predict(card, *pair)
            print(
                f"| {row.card} | {row.pair} | {row.greedy:.2f} ms | {row.eager:.2f} ms "
                f"({row.greedy / row.eager:.1f}x) | {row.recorded_greedy:.2f} ms | {row.recorded:.2f} ms "
                f"({row.greedy / row.recorded:.1f}x) |"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
