"""A window being written: the tokens so far and the cycles that wrote them."""

from __future__ import annotations

from collections.abc import Sequence

from specwhisper.decoding.acceptance import Verdict
from specwhisper.decoding.drafter import Proposal
from specwhisper.results import Cycle, Decoded


class Writing:
    """The sequence of one window, which only grows.

    Args:
        prompt: the ids to start from, not empty.
        end: id of end-of-text.
        limit: longest sequence, prompt included.
        window: recorded in the cycles.
        read: how much of the prompt main has read already; not all of it.

    Attributes:
        tokens: prompt and text so far.
        read: main's cache is valid for ``tokens[:read]``.
    """

    def __init__(
        self, prompt: Sequence[int], *, end: int, limit: int, window: int = 0, read: int = 0
    ) -> None:
        self.tokens = list(prompt)
        self.read = read
        self._prompt = len(prompt)
        self._end = end
        self._limit = limit
        self._window = window
        self._cycles: list[Cycle] = []
        self._ended = False

    @property
    def finished(self) -> bool:
        return self._ended or len(self.tokens) >= self._limit

    @property
    def room(self) -> int:
        """How many proposals fit; main's own token, which comes with every pass, has its place."""
        return self._limit - len(self.tokens) - 1

    def keep(
        self, proposal: Proposal, verdict: Verdict, *, draft_seconds: float, verify_seconds: float
    ) -> None:
        """Write down what a cycle decided."""
        self.read = len(self.tokens) + verdict.accepted
        self.tokens.extend(proposal.tokens[: verdict.accepted])
        if verdict.correction is not None:
            self.tokens.append(verdict.correction)
        self._ended = self.tokens[-1] == self._end
        self._cycles.append(
            Cycle(
                proposed=proposal.tokens,
                accepted=verdict.accepted,
                correction=verdict.correction,
                draft_probability=proposal.probabilities,
                draft_seconds=draft_seconds,
                verify_seconds=verify_seconds,
                near_ties=verdict.near_ties,
                held_back=proposal.held_back,
                log_probabilities=verdict.log_probabilities,
                window=self._window,
            )
        )

    @property
    def written(self) -> Sequence[int]:
        """The text so far, without end-of-text."""
        return self.tokens[self._prompt : -1] if self._ended else self.tokens[self._prompt :]

    def decoded(self) -> Decoded:
        return Decoded(tokens=tuple(self.written), cycles=tuple(self._cycles), ended=self._ended)
