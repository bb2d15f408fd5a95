"""A main model and its draft on one device, ready to work, and what a step costs there."""

from __future__ import annotations

from functools import cached_property

import torch

from specwhisper.decoding.costs import Costs
from specwhisper.network.device import GUARD_BANDS, clock_of, lent_per_call
from specwhisper.network.footprint import network_bytes
from specwhisper.network.recorder import Recorder
from specwhisper.results import Memory
from specwhisper.transcription.model import Model
from specwhisper.transcription.pair_costs import costs_of
from specwhisper.transcription.passes import Passes, find_passes
from specwhisper.transcription.scheduler import Scheduler
from specwhisper.transcription.tasks import Encode
from specwhisper.transcription.window_decoder import WindowDecoder


class Engine:
    """The models of a pair.

    Args:
        pair: its name.
        draft: None decodes with main alone.
        scheduler: shared with other pairs on the same device; None makes one.
    """

    def __init__(
        self, pair: str, main: Model, draft: Model | None, precision: str, scheduler: Scheduler | None = None
    ) -> None:
        self.pair = pair
        self.main = main
        self.draft = draft
        self.precision = precision
        self.guard = 0.0 if main.network.exact_rows else GUARD_BANDS[precision]
        self.device = main.network.device
        self.clock = clock_of(self.device)
        why_not = "the card is lent for one call only" if lent_per_call() else ""
        self.recorder = Recorder(self.device, why_not) if self.device.type == "cuda" else None
        self.passes: Passes | None = None  # found out when it warms up; of a card
        self.decoder = WindowDecoder(main, draft, self.guard, self.clock, self.recorder)
        self.scheduler = scheduler or Scheduler()
        self.memory = _memory_of(main, draft)
        self._costs: dict[int, Costs] = {}

    def costs(self, rows: int = 1, *, anew: bool = False, alone: bool = False) -> Costs | None:
        """What a step costs here when ``rows`` windows share it; None without a draft.

        Args:
            alone: without a draft, what main's passes cost.
            anew: measured now. Otherwise it was measured when it was first asked for, maybe by an earlier
                process.
        """
        if self.draft is None and not alone:
            return None
        if anew or rows not in self._costs:
            with self.scheduler.exclusive(), self.main.network.exclusive_threads():
                if anew or rows not in self._costs:  # another thread may have been first
                    self._costs[rows] = costs_of(
                        self.main, self.draft or self.main, rows, anew=anew, recorder=self.recorder
                    )
        return self._costs[rows]

    @cached_property
    def draft_decoder(self) -> WindowDecoder | None:
        """The draft as a model of its own; None without one, or where it has nothing but main's encoder."""
        if self.draft is None or self.draft.network.encoder is self.main.network.encoder:
            return None
        return WindowDecoder(self.draft, None, self.guard, self.clock, self.recorder)

    @property
    def variants(self) -> dict[str, str | int]:
        """The ways to compute that were chosen for this processor or card."""
        return self.passes.variants if self.passes else self.main.network.variants

    def warm_up(self) -> None:
        """Let allocators, thread pools and kernels settle now rather than inside someone's first request."""
        network = self.main.network
        if self.recorder:
            models = [self.main, self.draft] if self.draft else [self.main]
            self.passes = find_passes(models, self.recorder)
            self.guard = self.decoder.guard = 0.0 if self.passes.exact_rows else self.guard
            self.decoder.record()
        with network.exclusive_threads():
            if network.exact_rows:  # compiled passes are warm once they are there
                network.decoder.logits(torch.zeros(1, network.dims.d_model))
            else:
                self.decoder.encode(Encode(torch.zeros(16_000).numpy(), drafted=False, blank=False))
                reader = self.main.dummy_reader(16_000)
                for width in range(1, 9):
                    reader.read([0] * width, 0)
        self.costs()
        if self.draft:
            self.draft.head_of("en")  # the likeliest; others are made when they are needed


def _memory_of(main: Model, draft: Model | None) -> Memory:
    if draft is None:
        return Memory(network_bytes(main.network))
    shared = draft.network.encoder is main.network.encoder
    return Memory(network_bytes(main.network), network_bytes(draft.network, without_encoder=shared), shared)
