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

from specwhisper.decoding.draft import Draft
from specwhisper.decoding.drafter import Proposal
from specwhisper.decoding.lookahead import Lookahead

MOST_STEPS = 24
"""Draft steps per cycle at most, when a long word keeps a proposal from being complete."""

_HOPELESS = 0.01  # a proposal this unlikely to be right is not worth completing


class ByteCodec(Protocol):
    """A tokenizer, as far as bytes go (see vocabulary.text.TextCodec)."""

    def token_bytes(self, token: int) -> bytes:
        """The bytes of a token; empty for special ones."""
        ...

    def encode_bytes(self, raw: bytes) -> tuple[int, ...] | None:
        """The tokens of whole UTF-8 text; None when the bytes are not that."""
        ...


class RetokenisingDrafter:
    """Guesses of a draft with another tokenizer.

    Args:
        draft: the small model, in its own vocabulary.
        lookahead: when to stop, counted in draft tokens.
        prompt: the draft's own prompt.
        main_prompt: length of main's prompt, which ``prompt`` stands for.
        main_end: main's id of end-of-text.
        main: main's tokenizer.
        own: the draft's tokenizer.
    """

    def __init__(
        self,
        draft: Draft,
        lookahead: Lookahead,
        *,
        prompt: Sequence[int],
        main_prompt: int,
        main_end: int,
        main: ByteCodec,
        own: ByteCodec,
    ) -> None:
        self._draft = draft
        self._lookahead = lookahead
        self._prompt = list(prompt)
        self._main_prompt = main_prompt
        self._main_end = main_end
        self._main = main
        self._own = own
        self._written: list[tuple[int, float]] = []  # the draft's cut of the text, guesses included

    def propose(self, tokens: Sequence[int], room: int) -> Proposal:
        confirmed = b"".join(map(self._main.token_bytes, tokens[self._main_prompt :]))
        kept, ahead = self._aligned(confirmed)
        if kept is None:
            return Proposal()
        guesses = self._guesses([token for token, _ in kept], ahead)
        self._written = kept + guesses
        return self._as_main(guesses, room)

    def learn(self, proposal: Proposal, accepted: int) -> None:
        self._lookahead.learn(proposal.probabilities, accepted)

    def _aligned(self, confirmed: bytes) -> tuple[list[tuple[int, float]] | None, list[tuple[int, float]]]:
        """The draft's cut of what main confirmed, and the earlier guesses that still follow it.

        (None, []) while the confirmed bytes end inside a character the draft has no cut for.
        """
        kept: list[tuple[int, float]] = []
        reached = 0
        for index, (token, probability) in enumerate(self._written):
            raw = self._own.token_bytes(token)
            if reached == len(confirmed) or not confirmed.startswith(raw, reached) or not raw:
                # Everything confirmed is cut as the draft itself would have: its guesses stand.
                ahead = self._written[index:] if reached == len(confirmed) else []
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

    def _guesses(self, context: list[int], ahead: list[tuple[int, float]]) -> list[tuple[int, float]]:
        """What the draft writes next: what it had already guessed, then new steps."""
        guesses = list(ahead)
        if guesses and guesses[-1][0] == self._draft.end:
            return guesses
        self._draft.begin([*self._prompt, *context, *(token for token, _ in guesses)])
        while len(guesses) < MOST_STEPS:
            chances = [probability for _, probability in guesses]
            if not self._lookahead.goes_on(chances) and self._complete(guesses):
                break
            guesses.append(self._draft.step())
            if guesses[-1][0] == self._draft.end or prod(chances) * guesses[-1][1] < _HOPELESS:
                break
        return guesses

    def _complete(self, guesses: list[tuple[int, float]]) -> bool:
        """Whether at least one word has been finished."""
        return not guesses or b" " in b"".join(self._own.token_bytes(token) for token, _ in guesses)[1:]

    def _as_main(self, guesses: list[tuple[int, float]], room: int) -> Proposal:
        """The guesses in main's tokens, without an unfinished last word."""
        raw = b"".join(self._own.token_bytes(token) for token, _ in guesses)
        ended = bool(guesses) and guesses[-1][0] == self._draft.end
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
        return Proposal(tuple(proposed[:room]), tuple(probabilities[:room]), held_back)

    def _tokens_after(self, guesses: list[tuple[int, float]], cut: int) -> int:
        """How many of the draft's tokens end beyond byte ``cut``."""
        reached, beyond = 0, 0
        for token, _ in guesses:
            reached += len(self._own.token_bytes(token))
            beyond += reached > cut
        return beyond

    def _spread(self, proposed: list[int], guesses: list[tuple[int, float]]) -> list[float]:
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
