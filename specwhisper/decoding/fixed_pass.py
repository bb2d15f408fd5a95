"""A pass of so many rows, so many tokens each, over memory that stays where it is, decided on the device."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from specwhisper.decoding.decision import NUMBERS, decide
from specwhisper.network.caches import CrossCache, SelfCache
from specwhisper.network.kernels import Kernel
from specwhisper.network.network import Network
from specwhisper.network.recorder import Recorder
from specwhisper.vocabulary.grammar import NOWHERE, Grammar, State


class FixedPass:
    """One shape of a pass. Per run there is one copy to the card, one from it, and one wait.

    Args:
        network: the model.
        cache: of its rows; a :class:`specwhisper.network.caches.FixedCache`.
        cross: what they listen to, as long as the buffers.
        rows, width: of the pass.
        head: another output head than the network's own.
        grammar: over the columns of that head.
        recorder: records the pass, or does not.
    """

    def __init__(
        self,
        network: Network,
        cache: SelfCache,
        cross: CrossCache,
        rows: int,
        width: int,
        head: Kernel | None,
        grammar: Grammar,
        recorder: Recorder,
    ) -> None:
        self.rows = rows
        self.width = width
        self._network = network
        self._cache = cache
        self._cross = cross
        self._head = head
        self._grammar = grammar
        device, places = network.device, rows * width
        on_card = device.type == "cuda"
        self._up = torch.zeros(3 * places + rows, dtype=torch.long, pin_memory=on_card)
        self._down = torch.zeros(places, NUMBERS, pin_memory=on_card)
        self._sent = torch.zeros(3 * places + rows, dtype=torch.long, device=device)
        self._out = torch.zeros(places, NUMBERS, device=device)
        self._done = torch.cuda.Event() if on_card else None
        # What is run to be recorded writes where nobody looks: at the end of the context.
        self._put([()] * rows, [network.dims.text_context - 1] * rows, [()] * rows)
        self._sent.copy_(self._up)
        self._run = recorder.recorded(self._work)

    def run(
        self, tokens: Sequence[Sequence[int]], start: Sequence[int], states: Sequence[Sequence[State]]
    ) -> np.ndarray:
        """Read and decide.

        Args:
            tokens: per row, at most ``width``; none for a row that only has to be there.
            start: position of each row's first token.
            states: of each row's last so many tokens, whose continuations are asked for.

        Returns:
            [rows, width, NUMBERS], see :func:`specwhisper.decoding.decision.decide`; valid until the next
            run.
        """
        self._put(tokens, start, states)
        self._sent.copy_(self._up, non_blocking=True)
        self._run()
        self._down.copy_(self._out, non_blocking=True)
        if self._done:
            self._done.record()
            self._done.synchronize()
        return self._down.numpy().reshape(self.rows, self.width, NUMBERS)

    def _put(
        self, tokens: Sequence[Sequence[int]], start: Sequence[int], states: Sequence[Sequence[State]]
    ) -> None:
        """Write what is to be read where the copy to the card begins."""
        places = self.rows * self.width
        up = self._up.numpy()
        ids, kinds, earliest = up[: 3 * places].reshape(3, self.rows, self.width)
        up[: 2 * places] = 0
        earliest[:] = NOWHERE.earliest
        up[3 * places :] = start
        for row, (own, asked) in enumerate(zip(tokens, states, strict=True)):
            ids[row, : len(own)] = own
            for place, state in enumerate(asked, len(own) - len(asked)):
                kinds[row, place], earliest[row, place] = state

    @torch.inference_mode()
    def _work(self) -> None:
        ids, kinds, earliest = self._sent[: -self.rows].view(3, self.rows, self.width)
        start = self._sent[-self.rows :]
        states = self._network.decoder.states(ids, start, self._cache, self._cross)
        logits = self._network.decoder.logits(states.flatten(0, 1), self._head)
        self._out.copy_(decide(logits, self._grammar, kinds.flatten(), earliest.flatten()))
