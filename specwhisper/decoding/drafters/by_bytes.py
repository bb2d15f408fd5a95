"""Drafting across vocabularies that share no ids: proposals travel as bytes.

An English-only draft and a multilingual main cut text into different tokens. What main has written is
therefore given to the draft as bytes, cut its way; what the draft writes is given to main as bytes, cut
main's way. Main checks every token as always, so nothing can be lost; a clumsy cut only costs a proposal.

Two cuts would be clumsy for certain and are held back: the last word of a draft that may still go on
(its tokens would be those of a shorter word), and bytes that are no whole character yet. What was held
back is not thrown away: when main confirms what came before it, the next proposal begins with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Protocol

import torch

from specwhisper.decoding.drafters.base import NOTHING, Proposal
from specwhisper.decoding.drafters.model import Speaker
from specwhisper.decoding.lookahead import Lookahead
from specwhisper.network.small_head import SmallHead
from specwhisper.vocabulary.rules import Rules

MOST_STEPS = 24
"""Draft steps per cycle at most, when a long word keeps a proposal from being complete."""

Guess = tuple[int, float]
"""A token of the draft, and the probability that it gave it."""

_HOPELESS = 0.01  # a proposal this unlikely to be right is not worth completing


class ByteCodec(Protocol):
    """A tokenizer, as far as bytes go (see vocabulary.text.TextCodec)."""

    def token_bytes(self, token: int) -> bytes:
        """The bytes of a token; empty for special ones."""
        ...

    def encode_bytes(self, raw: bytes) -> tuple[int, ...] | None:
        """The tokens of whole UTF-8 text; None when the bytes are not that."""
        ...


class ByteDrafter:
    """Guesses of a draft with another tokenizer.

    Args:
        speaker: the small model's side, in its own vocabulary.
        lookahead: when to stop, counted in draft tokens.
        prompt: the draft's own prompt.
        main_prompt: length of main's prompt, which ``prompt`` stands for.
        main_end: main's id of end-of-text.
        main: main's tokenizer.
        own: the draft's tokenizer.
    """

    def __init__(
        self,
        speaker: Speaker,
        lookahead: Lookahead,
        *,
        prompt: Sequence[int],
        main_prompt: int,
        main_end: int,
        main: ByteCodec,
        own: ByteCodec,
        longest: int = 448,
    ) -> None:
        self.context = speaker.context
        self.head = speaker.head
        self._speaker = speaker
        self._lookahead = lookahead
        self._prompt = list(prompt)
        self._main_prompt = main_prompt
        self._main_end = main_end
        self._main = main
        self._own = own
        self._most = longest
        self._room = 0
        self._kept: list[Guess] = []  # the draft's cut of what main confirmed
        self._guesses: list[Guess] = []  # what it wrote beyond that
        self._closed = False  # no further guess is wanted in this cycle
        self._silent = True  # nothing can be proposed in this cycle

    def begin(self, tokens: Sequence[int], room: int) -> bool:
        self._room = room
        confirmed = b"".join(map(self._main.token_bytes, tokens[self._main_prompt :]))
        kept, ahead = self._aligned(confirmed)
        self._silent = kept is None
        if kept is None:
            return False
        self._kept, self._guesses = kept, ahead
        self._closed = bool(ahead) and ahead[-1][0] == self._speaker.end
        if not self._closed:
            self.context.begin([*self._prompt, *(token for token, _ in (*kept, *self._guesses))])
        return self.goes_on

    @property
    def goes_on(self) -> bool:
        room = min(MOST_STEPS - len(self._guesses), self._most - len(self.context.tokens))
        if self._silent or self._closed or room <= 0:
            return False
        # An unfinished word could not be offered, so it is finished whatever the lookahead says.
        return self._lookahead.goes_on([chance for _, chance in self._guesses]) or not self._complete()

    @property
    def rules(self) -> Rules:
        return self._speaker.rules

    def take(self, logits: torch.Tensor, head: SmallHead | None) -> None:
        self.take_best(*self._speaker.best(logits, head))

    def take_best(self, token: int, probability: float) -> None:
        self.context.wrote(token)
        self._guesses.append((token, probability))
        unlikely = prod(chance for _, chance in self._guesses) < _HOPELESS
        self._closed = token == self._speaker.end or unlikely

    def proposal(self) -> Proposal:
        """The guesses in main's tokens, without an unfinished last word."""
        guesses = self._guesses
        if self._silent or not guesses:
            return NOTHING
        raw = b"".join(self._own.token_bytes(token) for token, _ in guesses)
        ended = guesses[-1][0] == self._speaker.end
        held_back = 0
        if not ended:
            cut = max(raw.rfind(b" "), 0)
            held_back = self._tokens_after(guesses, cut)
            raw = raw[:cut]
        proposed = list(self._main.encode_bytes(raw) or ())
        probabilities = self._spread(proposed, guesses)
        if ended:
            proposed.append(self._main_end)
            probabilities.append(guesses[-1][1])
        return Proposal(tuple(proposed[: self._room]), tuple(probabilities[: self._room]), held_back)

    def learn(self, proposal: Proposal, accepted: int) -> None:
        self._lookahead.learn(proposal.probabilities, accepted)

    def _aligned(self, confirmed: bytes) -> tuple[list[Guess] | None, list[Guess]]:
        """The draft's cut of what main confirmed, and the earlier guesses that still follow it.

        (None, []) while the confirmed bytes end inside a character the draft has no cut for.
        """
        kept: list[Guess] = []
        reached = 0
        written = [*self._kept, *self._guesses]
        for index, (token, probability) in enumerate(written):
            raw = self._own.token_bytes(token)
            if reached == len(confirmed) or not confirmed.startswith(raw, reached) or not raw:
                # Everything confirmed is cut as the draft itself would have: its guesses stand.
                ahead = written[index:] if reached == len(confirmed) else []
                break
            kept.append((token, probability))
            reached += len(raw)
        else:
            ahead = []
        if reached < len(confirmed):
            fresh = self._own.encode_bytes(confirmed[reached:])
            if fresh is None:
                return None, []
            kept += [(token, 1.0) for token in fresh]
        return kept, ahead

    def _complete(self) -> bool:
        """Whether at least one word has been finished."""
        written = b"".join(self._own.token_bytes(token) for token, _ in self._guesses)
        return not self._guesses or b" " in written[1:]

    def _tokens_after(self, guesses: list[Guess], cut: int) -> int:
        """How many of the draft's tokens end beyond byte ``cut``."""
        reached, beyond = 0, 0
        for token, _ in guesses:
            reached += len(self._own.token_bytes(token))
            beyond += reached > cut
        return beyond

    def _spread(self, proposed: list[int], guesses: list[Guess]) -> list[float]:
        """For each of main's tokens the probability of the least sure draft token it overlaps."""
        spans: list[tuple[int, int, float]] = []
        reached = 0
        for token, probability in guesses:
            length = len(self._own.token_bytes(token))
            spans.append((reached, reached + length, probability))
            reached += length
        probabilities, start = [], 0
        for token in proposed:
            end = start + len(self._main.token_bytes(token))
            overlapping = [p for first, last, p in spans if first < end and last > start]
            probabilities.append(min(overlapping, default=1.0))
            start = end
        return probabilities
