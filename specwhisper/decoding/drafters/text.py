"""Proposals from a text that is known: captions, a script, what a smaller model wrote, the last try.

They cost no draft step. Whatever the text says, only main decides, so a wrong one costs time at most, and
soon none. Cf. "prompt lookup decoding" (Saxena 2023), which searches the prompt for the last tokens; here the
text runs along with the sound, so there is a place to expect, and what follows a disagreement can be guessed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from specwhisper.decoding.drafters.agreement import Agreement, Kind
from specwhisper.decoding.drafters.base import NOTHING, DraftContext, Proposal
from specwhisper.decoding.drafters.known_text import KnownText
from specwhisper.decoding.lookahead import MAX_LOOKAHEAD
from specwhisper.network.small_head import SmallHead

_KEPT = 8  # keys that are remembered: more are never compared
_AGREE: tuple[Kind, ...] = ("agree 1", "agree 2", "agree 3", "agree 4")
_SWAPPED: tuple[Kind, ...] = ("swapped 1", "swapped 2", "swapped 3")
_CLOSE_BY = 3  # compared tokens; what is found farther off is less likely the place
_LOST = 2  # cycles without a proposal, in which a text that was right may find itself again
_HARDLY = 0.3  # a timestamp that is less likely right is left out


@dataclass(frozen=True, slots=True)
class Ids:
    """What a text drafter knows of main's vocabulary.

    Attributes:
        end: id of end-of-text.
        stamp: id of ``<|0.00|>``; ids from there on are timestamps.
    """

    end: int
    stamp: int


class TextDrafter:
    """Proposes the continuation of a text from where main is in it.

    Args:
        text: what main may be about to write.
        start: index of the token in it that main is expected to begin with.
        agreement: how far to trust it; shared by all windows of a recording.
        prompt: length of main's prompt.
        ids: of main's vocabulary.
        timestamps: whether main writes them.
        trail: told how many tokens main had written, and where in the text it was then, token by token.
    """

    head: SmallHead | None = None
    rules = None
    goes_on = False

    def __init__(
        self,
        text: KnownText,
        agreement: Agreement,
        *,
        start: int = 0,
        prompt: int,
        ids: Ids,
        timestamps: bool,
        trail: list[tuple[int, int]] | None = None,
    ) -> None:
        self.context = DraftContext()
        self._trail = [] if trail is None else trail
        self._trail.clear()
        self._text = text
        self._agreement = agreement
        self._prompt = prompt
        self._ids = ids
        self._timestamps = timestamps
        self._seen = prompt
        self._written: list[str] = []  # keys
        self._behind: list[int] = []  # tokens after the last compared one
        self._at = start
        self._agree = 0  # compared tokens in a row
        self._far = False
        self._anchor, self._missed, self._since = start, 0, 0
        self._kinds: tuple[Kind, ...] = ()
        self._lost = 0  # cycles without a proposal
        self._proposal = NOTHING
        self.expected = 0.0
        """Tokens per second that the cycle is expected to write."""

    @property
    def rate(self) -> float:
        """Tokens per second that are to be expected of it: those of late, or of main alone if it is lost."""
        lost = self._lost > (_LOST if self._agreement.trusted else 0)
        return self.expected if lost else self._agreement.rate

    def begin(self, tokens: Sequence[int], room: int) -> bool:
        for token in tokens[self._seen :]:
            self._read(token)
            self._seen += 1
            self._trail.append((self._seen - self._prompt, self._at))
        proposed, kinds = self._continuation(min(room, MAX_LOOKAHEAD))
        count, self.expected = self._agreement.worth(kinds)
        self._kinds = tuple(kinds[:count])
        chances = tuple(map(self._agreement.chance, self._kinds))
        self._lost = 0 if count else self._lost + 1
        self._proposal = Proposal(tuple(proposed[:count]), chances, source="text") if count else NOTHING
        return False

    def proposal(self) -> Proposal:
        return self._proposal

    def learn(self, proposal: Proposal, accepted: int) -> None:
        self._agreement.learn(self._kinds, accepted)

    def take(self, logits: torch.Tensor, head: SmallHead | None) -> None:
        raise AssertionError("no model is asked")

    def take_best(self, token: int, probability: float) -> None:
        raise AssertionError("no model is asked")

    def _read(self, token: int) -> None:
        """Main wrote a token: find out where that is."""
        letters = self._text.key(token)
        if not letters:
            self._behind.append(token)
            return
        self._behind.clear()
        self._written = [*self._written[1 - _KEPT :], letters]
        self._since += 1
        after = self._text.follows(self._at, letters) if not self._missed else None
        if after is not None:
            self._at = after
            self._agree += 1
            if self._agree >= len(_AGREE):  # here it is for certain
                self._anchor, self._since, self._far = after, 0, False
            return
        found = self._text.find(self._written, self._anchor, self._since)
        if found is not None and (found.agree > 1 or found.off <= _CLOSE_BY):
            self._at, self._agree, self._missed = found.at, found.agree, 0
            self._far = found.off > _CLOSE_BY
            return
        self._agree = 0
        self._missed += 1

    def _continuation(self, most: int) -> tuple[list[int], list[Kind]]:
        """What may come next, and what stands before each token of it."""
        proposed: list[int] = []
        kinds: list[Kind] = []
        at, first = self._place()
        stamps = [token for token in self._behind if token >= self._ids.stamp]
        at = self._past_punctuation(at, len(self._behind) - len(stamps))
        if self._timestamps and not self._written and not stamps:
            at = self._opening(at, self._ids.stamp, proposed, kinds)
        elif len(stamps) == 1 and self._written:
            at = self._reopening(at, stamps[0], proposed, kinds)
        elif stamps:
            at = self._past_stamps(at)
        following = first  # of the next word
        for place in range(at, len(self._text.tokens)):
            if len(proposed) >= most:
                break
            token, kind = self._text.tokens[place], following
            if token >= self._ids.stamp:
                kind = "open" if proposed and proposed[-1] >= self._ids.stamp else "close"
                if not self._timestamps or self._agreement.chance(kind) < _HARDLY:
                    continue
            elif token == self._ids.end:
                kind = "end"
            else:
                following = "follow"
            proposed.append(token)
            kinds.append(kind)
        return proposed, kinds

    def _place(self) -> tuple[int, Kind]:
        """Where to go on in the text, and what a token there comes after."""
        if not self._written:
            return self._at, "begin"
        if not self._missed:
            return self._at, "far" if self._far else _AGREE[min(self._agree, len(_AGREE)) - 1]
        swapped = _SWAPPED[min(self._missed, len(_SWAPPED)) - 1]
        if self._agreement.chance("added") > self._agreement.chance(swapped):
            return self._at, "added"
        return self._text.next_word(self._at), swapped

    def _past_punctuation(self, at: int, written: int) -> int:
        """Past what the text has of it, where main has written some."""
        tokens, key = self._text.tokens, self._text.key
        for _ in range(written):
            if at < len(tokens) and not key(tokens[at]) and tokens[at] < self._ids.end:
                at += 1
        return at

    def _past_stamps(self, at: int) -> int:
        tokens = self._text.tokens
        while at < len(tokens) and tokens[at] >= self._ids.stamp:
            at += 1
        return at

    def _opening(self, at: int, stamp: int, proposed: list[int], kinds: list[Kind]) -> int:
        """A segment's first timestamp: the text's, or else ``stamp``."""
        tokens = self._text.tokens
        if at < len(tokens) and tokens[at] >= self._ids.stamp:
            stamp = tokens[at]
        proposed.append(stamp)
        kinds.append("open")
        return self._past_stamps(at)

    def _reopening(self, at: int, closed: int, proposed: list[int], kinds: list[Kind]) -> int:
        """After a segment's last timestamp: the next one's first, most often at the same time."""
        tokens = self._text.tokens
        if at < len(tokens) and tokens[at] == closed:
            at += 1
        elif at < len(tokens) and tokens[at] >= self._ids.stamp:
            at = self._past_stamps(at)
        if at < len(tokens) and tokens[at] == self._ids.end:
            return at
        return self._opening(at, closed, proposed, kinds)
