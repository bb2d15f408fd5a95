"""Many clips in one network on a card: passes over fixed memory, decided there, recorded where that works."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from specwhisper.decoding.decision import Decided
from specwhisper.decoding.fixed_pass import FixedPass
from specwhisper.decoding.reader import Asked
from specwhisper.decoding.slots import Slots
from specwhisper.network.caches import CrossSlots, FixedCache, SelfCache
from specwhisper.network.network import Network
from specwhisper.network.recorder import NO_MEMORY, Recorder
from specwhisper.network.small_head import SmallHead
from specwhisper.vocabulary.grammar import Grammar

WIDTHS = (1, 2, 4, 6, 8, 12, 17)
"""Of passes; one that reads less is padded on the right."""

GrammarOf = Callable[[SmallHead | None], Grammar]
"""The table of what may be written, over the columns of an output head."""


class DeviceSlots(Slots):
    """As :class:`Slots`; what is decided is decided on the device.

    Rows are counted in powers of two: rows beyond those in use stand at the end of the context.

    Args:
        grammar: of the network's vocabulary.
        recorder: of the device.
    """

    decides = True

    def __init__(
        self,
        network: Network,
        grammar: GrammarOf,
        recorder: Recorder,
        size: int = 1,
    ) -> None:
        super().__init__(network, _power(size))
        self._grammar_of = grammar
        self._grammars: dict[int, Grammar] = {}  # one per head: its passes share the table
        self._recorder = recorder
        self._passes: dict[tuple[int, int, int, int], FixedPass] = {}

    def grow(self, size: int) -> None:
        if size > self.size:
            self._passes.clear()  # they work on memory that is given up
        super().grow(_power(size))

    @property
    def row_bytes(self) -> int:
        """Memory of one row: keys and values of its text and of its audio."""
        dims, size = self._network.dims, self._cache.buffer.element_size()
        return 2 * dims.decoder_layers * dims.d_model * (dims.text_context + dims.audio_context) * size

    @property
    def cache(self) -> SelfCache:
        """Of all rows."""
        return self._cache

    def record(self, head: SmallHead | None = None) -> None:
        """Have the passes of one row ready, so that nobody waits for them later."""
        for width in WIDTHS:
            self._pass(0, 1, width, head)

    def decide(self, asked: Sequence[Asked], first: int = 0, head: SmallHead | None = None) -> list[Decided]:
        """One pass over the rows ``first``, ``first + 1``, ..., and what follows from it.

        What is longer than the widest pass is read beforehand, but for the end that is asked about.
        """
        asked = [self._shortened(row, one) for row, one in enumerate(asked, first)]
        width = next(each for each in WIDTHS if each >= max(len(one.tokens) for one in asked))
        alone = len(asked) == 1
        begin, rows = (first, 1) if alone else (0, _power(first + len(asked)))
        beyond = self._network.dims.text_context - 1
        idle = Asked((), beyond, ())
        everybody = [idle] * (first - begin) + list(asked)
        everybody += [idle] * (rows - len(everybody))
        numbers = self._pass(begin, rows, width, head).run(
            [one.tokens for one in everybody],
            [one.start if one.tokens else beyond for one in everybody],
            [one.states for one in everybody],
        )
        decided = []
        for row, one in enumerate(asked, first - begin):
            columns, gaps, chances = numbers[row, len(one.tokens) - len(one.states) : len(one.tokens)].T
            ids = [int(column) for column in columns]
            if head:
                ids = [head.ids[column] for column in ids]
            decided.append(Decided(tuple(ids), tuple(gaps.tolist()), tuple(chances.tolist())))
        return decided

    def _shortened(self, row: int, asked: Asked) -> Asked:
        if len(asked.tokens) <= WIDTHS[-1]:
            return asked
        spare = len(asked.tokens) - len(asked.states)
        self.alone(row).fill(asked.tokens[:spare], asked.start)
        return Asked(asked.tokens[spare:], asked.start + spare, asked.states)

    def _pass(self, first: int, rows: int, width: int, head: SmallHead | None) -> FixedPass:
        key = first, rows, width, id(head)
        if key not in self._passes:
            # A row in the middle is asked by itself only now and then.
            recorder = self._recorder if first == 0 else Recorder(self._network.device, "asked seldom")
            try:
                self._passes[key] = self._made(first, rows, width, head, recorder)
            except torch.cuda.OutOfMemoryError:
                if recorder.why_not:
                    raise
                # What is recorded keeps its memory; eager passes share theirs.
                recorder.why_not = NO_MEMORY
                self._passes.clear()
                torch.cuda.empty_cache()
                self._passes[key] = self._made(first, rows, width, head, recorder)
        return self._passes[key]

    def _made(
        self, first: int, rows: int, width: int, head: SmallHead | None, recorder: Recorder
    ) -> FixedPass:
        assert isinstance(self._audio, CrossSlots)
        grammar = self._grammars.get(id(head)) or self._grammar_of(head)
        self._grammars[id(head)] = grammar
        return FixedPass(
            self._network,
            FixedCache(self._cache.rows(first, first + rows).buffer),
            self._audio.whole(first, first + rows),
            rows,
            width,
            head.head if head else None,
            grammar,
            recorder,
        )


def _power(rows: int) -> int:
    """The power of two that is not less."""
    return 1 << (rows - 1).bit_length()
