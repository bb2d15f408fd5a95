"""Beam search on main alone: several texts grow side by side, and the likeliest per token wins.

Equal, token for token, to ``transformers`` ``generate(num_beams=width, do_sample=False)`` with
``early_stopping=False``: log-softmax before the rules (what a rule forbids is not shared out among the
rest), 2 x width candidates per step so that width unfinished ones always remain, and a text scored by
its summed log-probability / (tokens written, end-of-text included) ** length_penalty, which is
``transformers``' length penalty (openai-whisper's is Google NMT's: ((5 + length) / 6) ** penalty).

Patience, which ``transformers`` lacks, is openai-whisper's, after Kasai et al. 2022 ("A Call for Clarity in
Beam Search: How It Works and When It Stops"): round(width * patience) finished texts are awaited instead of
``width``. openai-whisper stops as soon as they are there; here, as ``transformers`` has it, the search then
still goes on while a text that grows could beat the worst of them, so that 1.0 is ``transformers``' own rule.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from specwhisper.errors import OptionError
from specwhisper.network.caches import Audio
from specwhisper.network.network import Network
from specwhisper.results import Cycle, Decoded
from specwhisper.vocabulary.rules import Rules

MAX_BEAMS = 8
Text = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A text that can grow no more, and its score."""

    text: Text
    score: float


class Finished:
    """The best finished texts, best first.

    Args:
        room: how many are kept, and awaited before the search may stop.
    """

    def __init__(self, room: int) -> None:
        self._room = room
        self._kept: list[Hypothesis] = []

    def add(self, found: Sequence[Hypothesis]) -> None:
        merged = [*self._kept, *found]
        self._kept = sorted(merged, key=lambda each: each.score, reverse=True)[: self._room]

    def cannot_improve(self, possible: float) -> bool:
        """True when there are enough, and ``possible`` does not beat the worst of them."""
        return len(self._kept) == self._room and possible <= self._kept[-1].score

    @property
    def best(self) -> Hypothesis:
        return self._kept[0]


class BeamSearch:
    """One window, written by keeping the ``width`` likeliest texts until none can beat the finished ones.

    Args:
        network: main.
        cross: the clip's cross-attention keys and values, one row; all beams read the same memory.
        prompt: the ids to start from, not empty.
        rules: what may be written where.
        end: id of end-of-text.
        limit: longest sequence, prompt included (Whisper: 448).
        width: beams, 1 (greedy decoding, at beam search's price) to 8.
        length_penalty: exponent of the length in the score; above 0 favours longer texts.
        patience: round(width x patience) finished texts are awaited before the search may stop.
        clock: seconds, with the device synchronised.
        window: recorded in the cycles.

    Raises:
        OptionError: a width outside 1..8, or a patience that is not positive.
    """

    def __init__(
        self,
        network: Network,
        cross: Audio,
        prompt: Sequence[int],
        *,
        rules: Rules,
        end: int,
        limit: int,
        width: int,
        length_penalty: float = 1.0,
        patience: float = 1.0,
        clock: Callable[[], float],
        window: int = 0,
    ) -> None:
        if not 1 <= width <= MAX_BEAMS:
            raise OptionError(f"{width} beams are not possible: choose a whole number from 1 to {MAX_BEAMS}.")
        if not patience > 0:
            raise OptionError(f"Deadline {patience} is not possible: choose a number above 0.")
        self._beams = _Beams(network, cross, prompt, width)
        self._prompt = prompt
        self._rules = rules
        self._end = end
        self._limit = limit
        self._width = width
        self._length_penalty = length_penalty
        self._clock = clock
        self._window = window
        self._found = Finished(max(1, round(width * patience)))
        self._texts: list[Text] = [()]
        self._scores = torch.zeros(1, device=network.device)  # summed log-probabilities of the texts
        self._seconds: list[float] = []
        self.finished = limit <= len(prompt)

    def step(self) -> None:
        """Grow every text by one token."""
        began = self._clock()
        written = len(self._seconds) + 1
        candidates, parents, totals = _candidates(
            self._beams, self._texts, self._scores, self._prompt, self._rules, 2 * self._width
        )
        # The length that counts is that of the written text with this token, prompt left out.
        weighed = (totals / written**self._length_penalty).tolist()
        last = len(self._prompt) + written == self._limit
        over = [text[-1] == self._end or last for text in candidates]
        self._found.add(
            # Only the best ``width`` candidates may finish; the others are there to continue.
            [Hypothesis(candidates[i], weighed[i]) for i in range(min(self._width, len(over))) if over[i]]
        )
        going = [i for i, ends in enumerate(over) if not ends][: self._width]
        if not going or self._found.cannot_improve(weighed[going[0]]):
            self.finished = True
        else:
            self._texts, self._scores = [candidates[i] for i in going], totals[going]
            self._beams.follow([parents[i] for i in going])
        self._seconds.append(self._clock() - began)

    def decoded(self) -> Decoded:
        """The best text; one cycle per token of it, nothing proposed.

        A cycle's seconds are those of the step at its position; steps the search took beyond the best text's
        end count in the last one.
        """
        text = self._found.best.text if self._seconds else ()
        return _decoded(text, self._seconds, self._end, self._window)


class _Beams:
    """The network reading several texts of one clip: one row each.

    The prompt is the same for all and is read once; its keys and values are copied when the beams part.
    """

    def __init__(self, network: Network, cross: Audio, prompt: Sequence[int], width: int) -> None:
        self._network = network
        self._cross = cross
        self._prompt = prompt
        self._cache = network.new_cache(width)
        self._rows = 1
        self._read = 0

    def log_probabilities(self, texts: Sequence[Text]) -> torch.Tensor:
        """Read what is new in every text and return log-softmax of the logits after it, [B, V]."""
        unread = [text[-1:] for text in texts] if self._read else [tuple(self._prompt)]
        ids = torch.tensor(unread, device=self._network.device)
        rows = self._cache.rows(0, self._rows)
        # Every beam reads the same clip: its one row of keys and values serves all.
        logits = self._network.decoder(ids, self._read, rows, self._cross)[:, -1]
        self._read += ids.shape[1]
        return logits.log_softmax(-1)

    def follow(self, parents: Sequence[int]) -> None:
        """Row i goes on from what row ``parents[i]`` has read."""
        if list(parents) != list(range(self._rows)):
            order = torch.tensor(parents, device=self._network.device)
            seen = self._cache.buffer[..., : self._read, :]
            seen[:, :, : len(parents)] = seen.index_select(2, order)
        self._rows = len(parents)


def _candidates(
    beams: _Beams,
    texts: Sequence[Text],
    scores: torch.Tensor,
    prompt: Sequence[int],
    rules: Rules,
    count: int,
) -> tuple[list[Text], list[int], torch.Tensor]:
    """The ``count`` likeliest continuations by one token: texts, the rows they continue, scores."""
    rows = beams.log_probabilities(texts)
    ruled = [
        rules.apply(rows[i : i + 1], [*prompt, *text], len(prompt) + len(text))
        for i, text in enumerate(texts)
    ]
    sums = torch.cat(ruled) + scores[:, None]
    totals, flat = sums.flatten().topk(count)
    parents, tokens = (flat // sums.shape[1]).tolist(), (flat % sums.shape[1]).tolist()
    grown = [(*texts[parent], token) for parent, token in zip(parents, tokens, strict=True)]
    return grown, parents, totals


def _decoded(text: Text, seconds: Sequence[float], end: int, window: int) -> Decoded:
    """The result, with the time of every step accounted for."""
    spent = [*seconds[: len(text) - 1], sum(seconds[len(text) - 1 :])] if text else []
    ended = text[-1:] == (end,)
    return Decoded(
        tokens=text[:-1] if ended else text,
        cycles=tuple(
            Cycle(proposed=(), accepted=0, correction=token, verify_seconds=took, window=window)
            for token, took in zip(text, spent, strict=True)
        ),
        ended=ended,
    )
