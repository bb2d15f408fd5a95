"""The small model at work: it continues a sequence one token at a time."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from specwhisper.decoding.choice import best_with_probability
from specwhisper.decoding.reader import Reader
from specwhisper.models.small_head import SmallHead
from specwhisper.vocabulary.rules import Rules


class Page:
    """What a draft has in front of it: a context, and how much of it its cache already holds.

    The cache survives from cycle to cycle: :meth:`begin` keeps whatever the new context shares with what
    was read before, so a cycle costs the tokens that are new and not the whole prefix.
    """

    def __init__(self, filled: Sequence[int] = ()) -> None:
        self.context = list(filled)
        self.read = len(filled)  # the cache holds the first so many of the context

    @property
    def unread(self) -> list[int]:
        return self.context[self.read :]

    def begin(self, context: Sequence[int]) -> None:
        """Stand at the end of ``context``, wherever the previous one led."""
        # The last token is always read again: its logits are what the next step needs.
        most = min(self.read, len(context) - 1)
        shared = next((i for i in range(most) if self.context[i] != context[i]), most)
        self.context = list(context)
        self.read = shared

    def wrote(self, token: int) -> None:
        """Everything was read, and ``token`` came of it."""
        self.read = len(self.context)
        self.context.append(token)


class Draft:
    """A draft model writing ahead, in its own vocabulary.

    Args:
        reader: the small model, hearing the clip.
        rules: what may be written; a token main may not write is not worth proposing.
        end: its id of end-of-text.
        small: the head the reader answers with, when it is not the model's own.
        filled: what the reader has read already.
    """

    def __init__(
        self,
        reader: Reader,
        rules: Rules,
        end: int,
        small: SmallHead | None = None,
        filled: Sequence[int] = (),
    ) -> None:
        self.end = end
        self._reader = reader
        self._rules = rules.among(small.kept) if small else rules
        self._small = small
        self._page = Page(filled)

    def begin(self, context: Sequence[int]) -> None:
        """Stand at the end of ``context``, wherever the previous one led."""
        self._page.begin(context)

    def step(self) -> tuple[int, float]:
        """Write the best token; returns it and the probability it was given."""
        token, probability = best_with_probability(self.logits())
        token = self._small.ids[token] if self._small else token
        self.write(token)
        return token, probability

    def logits(self) -> torch.Tensor:
        """What may come next: the logits after the whole context, [V] or [kept], forbidden ones at -inf."""
        page = self._page
        logits = self._reader.read(page.unread, page.read)[-1:]
        return self._rules.apply(logits, page.context, len(page.context))[0]

    def write(self, token: int) -> None:
        """Continue the context; :meth:`logits` has been asked for what to write."""
        self._page.wrote(token)
